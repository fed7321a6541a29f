//! The kinds of things that the engine finds, with their public names.
//! Must not know how any of them is found.

use std::fmt;
use std::str::FromStr;

macro_rules! entities {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, $usual:literal; )*) => {
        /// A kind of personal or secret thing. Names are Presidio's where it has one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Entity { $( $(#[$doc])* $variant, )* }

        impl Entity {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The public name, such as `EMAIL_ADDRESS`.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// Whether a policy that names no kinds acts on this one. The others must be named: they are too common or
            /// too harmless to be replaced unasked.
            pub const fn is_usual(self) -> bool {
                match self { $( Self::$variant => $usual, )* }
            }
        }

        impl FromStr for Entity {
            type Err = UnknownEntity;
            fn from_str(name: &str) -> Result<Self, UnknownEntity> {
                match name { $( $name => Ok(Self::$variant), )* _ => Err(UnknownEntity) }
            }
        }
    };
}

entities! {
    /// An e-mail address (RFC 5322 `addr-spec` without quoting, RFC 6531 letters).
    EmailAddress = "EMAIL_ADDRESS", true;
    /// A telephone number with its extension (ITU-T E.164, national formats).
    PhoneNumber = "PHONE_NUMBER", true;
    /// A payment card number (ISO/IEC 7812, Luhn).
    CreditCard = "CREDIT_CARD", true;
    /// An international bank account number (ISO 13616, mod 97).
    IbanCode = "IBAN_CODE", true;
    /// A US social security number (SSA: no area 000, 666, 9xx; no group 00; no serial 0000).
    UsSsn = "US_SSN", true;
    /// An IPv4 or IPv6 address (RFC 791, RFC 4291).
    IpAddress = "IP_ADDRESS", true;
    /// A URL. With a password in it its score is 0.95, without one 0.6; see [`crate::RulesBuilder::threshold`].
    Url = "URL", true;
    /// An API key, token, private key or connection string.
    Secret = "SECRET", true;
    /// A hardware address (IEEE 802, EUI-48 and EUI-64).
    MacAddress = "MAC_ADDRESS", true;
    /// A UUID (RFC 9562). Mostly harmless, so a policy must name it.
    Uuid = "UUID", false;
    /// A wallet address: Bitcoin (base58check, bech32) or Ethereum.
    Crypto = "CRYPTO", true;
    /// A BIC (ISO 9362), beside a word that says so.
    SwiftCode = "SWIFT_CODE", true;
    /// A date of birth, beside a word that says so.
    DateOfBirth = "DATE_OF_BIRTH", true;
    /// Latitude and longitude (ISO 6709, decimal degrees).
    Coordinates = "COORDINATES", true;
    /// A vehicle identification number (ISO 3779).
    Vin = "VIN", true;
    /// A device's IMEI (3GPP TS 23.003).
    Imei = "IMEI", true;
    /// A card's verification code, beside a word that says so.
    Cvv = "CVV", true;
    /// A card's expiry date, beside a word that says so.
    CardExpiry = "CARD_EXPIRY", true;
    /// A PIN, beside a word that says so.
    Pin = "PIN", true;
    /// A user name, beside a word that says so.
    Username = "USERNAME", true;
    /// A US individual taxpayer identification number.
    UsItin = "US_ITIN", true;
    /// A US employer identification number.
    UsEin = "US_EIN", true;
    /// A US national provider identifier.
    UsNpi = "US_NPI", true;
    /// A US Medicare beneficiary identifier.
    UsMbi = "US_MBI", true;
    /// A US DEA registration number.
    MedicalLicense = "MEDICAL_LICENSE", true;
    /// A US bank routing number.
    AbaRoutingNumber = "ABA_ROUTING_NUMBER", true;
    /// A US bank account number.
    UsBankNumber = "US_BANK_NUMBER", true;
    /// A US passport number.
    UsPassport = "US_PASSPORT", true;
    /// A US driving licence number.
    UsDriverLicense = "US_DRIVER_LICENSE", true;
    /// A Canadian social insurance number.
    CaSin = "CA_SIN", true;
    /// A Mexican population registry code.
    MxCurp = "MX_CURP", true;
    /// A Mexican tax registry code.
    MxRfc = "MX_RFC", true;
    /// A Brazilian natural persons' registry number.
    BrCpf = "BR_CPF", true;
    /// A Brazilian legal entities' registry number.
    BrCnpj = "BR_CNPJ", true;
    /// An Argentine tax identification code.
    ArCuit = "AR_CUIT", true;
    /// A Chilean national identification number.
    ClRut = "CL_RUT", true;
    /// A Colombian tax identification number.
    CoNit = "CO_NIT", true;
    /// An Ecuadorian identity card number.
    EcCedula = "EC_CEDULA", true;
    /// A Uruguayan identity card number.
    UyCi = "UY_CI", true;
    /// A Peruvian taxpayer registry number.
    PeRuc = "PE_RUC", true;
    /// A British National Health Service number.
    UkNhs = "UK_NHS", true;
    /// A British national insurance number.
    UkNino = "UK_NINO", true;
    /// A British passport number.
    UkPassport = "UK_PASSPORT", true;
    /// An Irish personal public service number.
    IePps = "IE_PPS", true;
    /// A German tax identification number.
    DeTaxId = "DE_TAX_ID", true;
    /// A German pension insurance number.
    DeSocialSecurity = "DE_SOCIAL_SECURITY", true;
    /// A German identity card or passport number.
    DeIdCard = "DE_ID_CARD", true;
    /// A French social security number.
    FrNir = "FR_NIR", true;
    /// A French company number (SIREN or SIRET).
    FrSiret = "FR_SIRET", true;
    /// A Spanish tax identification number of nationals.
    EsNif = "ES_NIF", true;
    /// A Spanish identity number of foreigners.
    EsNie = "ES_NIE", true;
    /// An Italian fiscal code.
    ItFiscalCode = "IT_FISCAL_CODE", true;
    /// An Italian VAT code.
    ItVatCode = "IT_VAT_CODE", true;
    /// A Portuguese tax identification number.
    PtNif = "PT_NIF", true;
    /// A Dutch citizen service number.
    NlBsn = "NL_BSN", true;
    /// A Belgian national register number.
    BeNationalNumber = "BE_NATIONAL_NUMBER", true;
    /// An Austrian social insurance number.
    AtSvnr = "AT_SVNR", true;
    /// A Swiss old-age insurance number.
    ChAhv = "CH_AHV", true;
    /// A Finnish personal identity code.
    FiPersonalIdentityCode = "FI_PERSONAL_IDENTITY_CODE", true;
    /// A Swedish personal identity number.
    SePersonnummer = "SE_PERSONNUMMER", true;
    /// A Norwegian national identity number.
    NoFnr = "NO_FODSELSNUMMER", true;
    /// A Danish civil registration number.
    DkCpr = "DK_CPR", true;
    /// An Icelandic identification number.
    IsKennitala = "IS_KENNITALA", true;
    /// A Polish national identification number.
    PlPesel = "PL_PESEL", true;
    /// A Polish tax identification number.
    PlNip = "PL_NIP", true;
    /// A Polish business registry number.
    PlRegon = "PL_REGON", true;
    /// A Czech or Slovak birth number.
    CzRc = "CZ_RODNE_CISLO", true;
    /// A Hungarian social security number.
    HuTaj = "HU_TAJ", true;
    /// A Romanian personal numeric code.
    RoCnp = "RO_CNP", true;
    /// A Bulgarian unified civil number.
    BgEgn = "BG_EGN", true;
    /// A Croatian personal identification number.
    HrOib = "HR_OIB", true;
    /// A Serbian (or other ex-Yugoslav) unique master citizen number.
    RsJmbg = "RS_JMBG", true;
    /// An Estonian personal identification code.
    EeIsikukood = "EE_ISIKUKOOD", true;
    /// A Lithuanian personal code.
    LtAsmensKodas = "LT_ASMENS_KODAS", true;
    /// A Latvian personal code.
    LvPersonasKods = "LV_PERSONAS_KODS", true;
    /// A Greek tax number.
    GrAfm = "GR_AFM", true;
    /// A Greek social security number.
    GrAmka = "GR_AMKA", true;
    /// A Russian taxpayer number.
    RuInn = "RU_INN", true;
    /// A Russian pension insurance number.
    RuSnils = "RU_SNILS", true;
    /// A Ukrainian taxpayer number.
    UaRnokpp = "UA_RNOKPP", true;
    /// A Turkish identification number.
    TrTckn = "TR_NATIONAL_ID", true;
    /// An Indian permanent account number.
    InPan = "IN_PAN", true;
    /// An Indian Aadhaar number.
    InAadhaar = "IN_AADHAAR", true;
    /// An Indian goods and services tax number.
    InGstin = "IN_GSTIN", true;
    /// An Indian voter card number.
    InVoter = "IN_VOTER", true;
    /// An Indian passport number.
    InPassport = "IN_PASSPORT", true;
    /// A Pakistani identity card number.
    PkCnic = "PK_CNIC", true;
    /// A Korean resident registration number.
    KrRrn = "KR_RRN", true;
    /// A Korean business registration number.
    KrBrn = "KR_BRN", true;
    /// A Japanese individual number.
    JpMyNumber = "JP_MY_NUMBER", true;
    /// A Chinese resident identity card number.
    CnResidentId = "CN_RESIDENT_ID", true;
    /// A Taiwanese national identification number.
    TwNationalId = "TW_NATIONAL_ID", true;
    /// A Singaporean identity card or foreign identification number.
    SgNricFin = "SG_NRIC_FIN", true;
    /// A Thai national identification number.
    ThTnin = "TH_TNIN", true;
    /// A Malaysian identity card number.
    MyNric = "MY_NRIC", true;
    /// An Indonesian population identification number.
    IdNik = "ID_NIK", true;
    /// A Hong Kong identity card number.
    HkHkid = "HK_HKID", true;
    /// A Philippine taxpayer identification number.
    PhTin = "PH_TIN", true;
    /// A Vietnamese citizen identity card number.
    VnCccd = "VN_CCCD", true;
    /// An Australian tax file number.
    AuTfn = "AU_TFN", true;
    /// An Australian business number.
    AuAbn = "AU_ABN", true;
    /// An Australian company number.
    AuAcn = "AU_ACN", true;
    /// An Australian Medicare number.
    AuMedicare = "AU_MEDICARE", true;
    /// A New Zealand inland revenue number.
    NzIrd = "NZ_IRD", true;
    /// A New Zealand national health index number.
    NzNhi = "NZ_NHI", true;
    /// A South African identity number.
    ZaId = "ZA_ID_NUMBER", true;
    /// A Nigerian national identification or bank verification number.
    NgNin = "NG_NIN", true;
    /// An Israeli identity number.
    IlId = "IL_ID", true;
    /// An Emirati identity number.
    AeEmiratesId = "AE_EMIRATES_ID", true;
    /// A Saudi identity number.
    SaNationalId = "SA_NATIONAL_ID", true;
    /// An Egyptian national identification number.
    EgNationalId = "EG_NATIONAL_ID", true;
    /// A Kenyan taxpayer PIN.
    KeKraPin = "KE_KRA_PIN", true;
    /// A British driving licence number.
    UkDrivingLicence = "UK_DRIVING_LICENCE", true;
    /// A German passport number.
    DePassport = "DE_PASSPORT", true;
    /// A German tax number, as the tax offices of the states give them.
    DeTaxNumber = "DE_TAX_NUMBER", true;
    /// A German driving licence number.
    DeFuehrerschein = "DE_FUEHRERSCHEIN", true;
    /// A German health insurance number.
    DeHealthInsurance = "DE_HEALTH_INSURANCE", true;
    /// An Italian driving licence number.
    ItDriverLicense = "IT_DRIVER_LICENSE", true;
    /// An Italian passport number.
    ItPassport = "IT_PASSPORT", true;
    /// An Italian identity card number.
    ItIdentityCard = "IT_IDENTITY_CARD", true;
    /// A Spanish passport number.
    EsPassport = "ES_PASSPORT", true;
    /// A passport number of another country, beside a word that says so.
    Passport = "PASSPORT", true;
    /// A driving licence number of another country, beside a word that says so.
    DriverLicense = "DRIVER_LICENSE", true;
    /// An identity card number of another country, beside a word that says so.
    IdCard = "ID_CARD", true;
    /// A person's name, by a title, an introduction or a list of given names. Not exact enough to be on unasked.
    Person = "PERSON", false;
    /// A country, capital or large city, or the place somebody says to live in. Not exact enough to be on unasked.
    Location = "LOCATION", false;
    /// A company, university or bank, by the words such names have. Not exact enough to be on unasked.
    Organization = "ORGANIZATION", false;
    /// Something that the user defined: see [`crate::Custom`], which also gives it a name and an operator.
    Custom = "CUSTOM", false;
}

/// The name is not one of [`Entity::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no entity has this name")]
pub struct UnknownEntity;

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_parse_back() {
        for entity in Entity::ALL {
            assert_eq!(entity.name().parse(), Ok(*entity));
            assert!(
                entity
                    .name()
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
            );
        }
        assert_eq!("NOPE".parse::<Entity>(), Err(UnknownEntity));
    }
}
