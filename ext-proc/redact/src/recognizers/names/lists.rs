//! Words that make names recognizable. Only such as are rarely anything else: precision comes before recall.
//! Must not know how they are used. Sources: common knowledge (ISO 3166 short names, capitals, the largest cities, the most
//! common given names of public birth registers, legal forms of companies).

/// Titles that a person's name follows.
pub(super) const TITLES: &str = "Mr Mr. Mrs Mrs. Ms Ms. Miss Dr Dr. Prof Prof. Professor Sir Herr Herrn Frau Mme Mme. Madame \
Monsieur Mlle Señor Señora Sr. Sra. Don Doña Signor Signora Sig. Dott. Senhor Senhora Pan Pani Meneer Mevrouw Fröken Herra Rouva \
Rev. Reverend Capt. Sgt. Lt. Col. Gen. Senator Judge Justice";

/// What is said right before one's own or another's name, in lower case.
pub(super) const INTRODUCTIONS: &[&str] = &[
    "my name is",
    "my full name is",
    "name's",
    "his name is",
    "her name is",
    "name is",
    "my name was",
    "je m'appelle",
    "mon nom est",
    "ich heiße",
    "mein name ist",
    "me llamo",
    "mi nombre es",
    "mi chiamo",
    "il mio nome è",
    "meu nome é",
    "me chamo",
    "mijn naam is",
    "ik heet",
    "jag heter",
    "jeg heter",
    "jeg hedder",
    "nazywam się",
    "full name:",
    "patient name:",
    "customer name:",
    "first name:",
    "last name:",
    "surname:",
];

/// Given names. Not those that are also words, months, places or products (Grace, April, Austin, Ruby).
pub(super) const GIVEN: &str = "Aaron Abigail Adam Adrian Adriana Agnes Agnieszka Ahmed Aisha Alan Albert Alberto Alejandra Alejandro \
Aleksandr Alessandra Alessandro Alexander Alexandra Alexandre Alexandru Alexey Alfred Alice Alicia Alison Ali Amanda Amelia Amina Amir Amy Ana \
Anastasia Anders Andrea Andreas Andrei Andrew Andrzej Angela Angelika Anita Anja Anna Anne Annette Annika Anthony Antje Antoine Anton \
Antonio Arthur Astrid Aurélie Barbara Bartosz Beatriz Benjamin Bernd Bernhard Bianca Birgit Björn Bogdan Boris Brandon Brenda Brian Bridget \
Bruno Camila Camille Carl Carla Carlos Carmen Carol Caroline Catherine Cecilia Chloé Christian Christina Christine Christoph Christopher Cindy \
Clara Clémence Craig Cristina Cynthia Daniel Daniela Danielle David Debra Deborah Denise Dennis Derek Diana Diego Dieter Dimitri Dmitri Dolores \
Dominik Donald Donna Dorothy Douglas Edith Eduardo Edward Eileen Elaine Eleanor Elena Elif Elisa Elisabeth Elizabeth Ellen Emil Emily Emma \
Emmanuel Enrique Eric Erica Erik Erika Ernst Esther Ethan Eugene Evelyn Ewa Fatima Fatma Federico Felipe Felix Fernando Fiona Florian \
Francesca Francesco Francisco Frederic Frederik Friedrich Fritz Gabriel Gabriela Gabriele Gareth Gary Geoffrey Georg Gerald Gerhard Gert \
Giovanni Giulia Giuseppe Gloria Gonzalo Gregory Greta Guillaume Guillermo Günter Gustav Hannah Hans Harold Harry Hassan Heather Heidi Heinrich Heinz \
Helen Helena Helga Hélène Henrik Henry Hiroshi Howard Hugo Ibrahim Ignacio Igor Ingrid Irene Irina Isaac Isabel Isabella Isabelle Ivan \
Jacob Jacqueline Jacques Jaime Jakub James Jane Janet Janice Javier Jeanne Jeffrey Jennifer Jens Jeremy Jerome Jessica Joachim Joan Joana João \
Joanna Joanne Johan Johann Johannes John Jonas Jonathan Jorge José Josef Joseph Joshua Joyce Juan Juanita Judith Judy Julian Julien Julie \
Jürgen Justin Kamil Karen Karin Karl Karol Katarzyna Kate Katharina Katherine Kathleen Kathryn Katja Kelly Kenneth Kenji Kevin Khadija \
Kimberly Kirsten Klaus Krzysztof Kurt Kyle Lars Larry Laura Lauren Laurence Laurent Layla Lena Leonard Leonardo Leonie Leszek Liam Linda \
Lisa Lorenzo Louis Louise Luca Lucas Lucía Lucie Ludwig Luis Luisa Lukas Łukasz Luigi Lydia Maciej Małgorzata Manfred Manuel Manuela Marc Marcel \
Marco Marcos Marek Margaret Margarita Maria María Marie Marina Mario Marion Marjorie Markus Marlene Marta Martha Martin Martina Mary Mateusz \
Mathias Mathieu Mathilde Matteo Matthew Matthias Maureen Maurice Mehmet Melanie Melissa Michael Michaela Michał Michel Michele Michelle Miguel \
Mikael Mikhail Miriam Mohamed Mohammad Mohammed Monica Monika Monique Muhammad Mustafa Nadia Nancy Natalia Natalie Natasha Nathan Nicholas \
Nicolas Nicole Niels Nikolai Nina Nora Norbert Norman Nuria Olaf Oleg Olga Oliver Olivia Olivier Omar Oscar Oskar Pablo Pamela Paolo Pascal Patricia \
Patrick Paul Paula Paulina Pauline Pavel Pedro Peter Petra Philip Philippe Phillip Phyllis Pierre Pietro Piotr Rachel Rafael Rainer Ralf Raphael \
Raquel Raúl Rebecca Regina Renate Renata René Ricardo Richard Robert Roberto Rodrigo Roger Roland Ronald Rosemary Rudolf Ruth Ryan Sabine \
Sabrina Salvatore Samantha Samuel Sandra Sarah Sebastian Sergei Sergey Sergio Sharon Shirley Silvia Simon Simone Sofia Sophia Sophie Stefan \
Stefanie Stefano Stephanie Stephen Steven Stuart Susan Susanne Sven Svetlana Sylvia Sylvie Takashi Tamara Tanja Tatiana Teresa Theodore Theresa \
Thérèse Thierry Thomas Timothy Tobias Tomasz Tomás Torsten Ulrich Ulrike Ursula Valentina Valérie Vanessa Verónica Veronika Vincent Vincenzo \
Virginie Vladimir Walter Werner Wiesław William Wojciech Wolfgang Xavier Yasmin Yolanda Youssef Yuki Yusuf Yvette Yvonne Zofia Zoe Zuzanna";

/// Countries by their English short names (ISO 3166-1) and their own, capitals, and large cities. Not those that are also
/// given names or words (Chad, Jordan, Nice, Reading, Split).
pub(super) const PLACES: &str = "Afghanistan|Albania|Algeria|Andorra|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahamas|Bahrain|Bangladesh|\
Barbados|Belarus|Belgium|Belize|Benin|Bhutan|Bolivia|Bosnia and Herzegovina|Botswana|Brazil|Brasil|Brunei|Bulgaria|\
Burkina Faso|Burundi|Cambodia|Cameroon|Canada|Cape Verde|Chile|China|Colombia|Comoros|Congo|Costa Rica|Croatia|Cuba|\
Cyprus|Czech Republic|Czechia|Denmark|Djibouti|Dominican Republic|Ecuador|Egypt|El Salvador|Eritrea|Estonia|Ethiopia|\
Fiji|Finland|France|Gabon|Gambia|Germany|Deutschland|Ghana|Greece|Grenada|Guatemala|Guyana|Haiti|Honduras|Hungary|\
Iceland|India|Indonesia|Iran|Iraq|Ireland|Israel|Italy|Italia|Ivory Coast|Jamaica|Japan|Kazakhstan|Kenya|Kiribati|\
Kosovo|Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|Libya|Liechtenstein|Lithuania|Luxembourg|Madagascar|\
Malawi|Malaysia|Maldives|Malta|Mauritania|Mauritius|Mexico|México|Micronesia|Moldova|Monaco|Mongolia|Montenegro|\
Morocco|Mozambique|Myanmar|Namibia|Nauru|Nepal|Netherlands|New Zealand|Nicaragua|Nigeria|North Korea|North Macedonia|\
Norway|Oman|Österreich|Pakistan|Palau|Palestine|Panama|Papua New Guinea|Paraguay|Peru|Philippines|Poland|Polska|\
Portugal|Puerto Rico|Qatar|Romania|Russia|Rwanda|Samoa|San Marino|Saudi Arabia|Schweiz|Senegal|Serbia|Seychelles|\
Sierra Leone|Singapore|Slovakia|Slovenia|Somalia|South Africa|South Korea|South Sudan|Spain|España|Sri Lanka|Sudan|\
Suriname|Sweden|Switzerland|Syria|Taiwan|Tajikistan|Tanzania|Thailand|Timor-Leste|Togo|Tonga|Trinidad and Tobago|\
Tunisia|Turkmenistan|Tuvalu|Uganda|Ukraine|United Arab Emirates|United Kingdom|United States|United States of America|\
Uruguay|Uzbekistan|Vanuatu|Vatican City|Venezuela|Vietnam|Yemen|Zambia|Zimbabwe|Abu Dhabi|Accra|Addis Ababa|Algiers|\
Amsterdam|Ankara|Antwerp|Athens|Auckland|Baghdad|Baku|Bangalore|Bangkok|Barcelona|Beijing|Beirut|Belgrade|Berlin|Bern|\
Bilbao|Birmingham|Bogotá|Bordeaux|Boston|Brasília|Bratislava|Brisbane|Brussels|Bucharest|Budapest|Buenos Aires|Cairo|\
Calgary|Cape Town|Caracas|Casablanca|Chennai|Chicago|Cologne|Köln|Copenhagen|Dakar|Dallas|Damascus|Delhi|New Delhi|\
Detroit|Dhaka|Doha|Dortmund|Dresden|Dubai|Dublin|Düsseldorf|Edinburgh|Frankfurt|Gdańsk|Geneva|Genève|Glasgow|\
Gothenburg|Guadalajara|Guangzhou|Hamburg|Hanoi|Hannover|Havana|Helsinki|Ho Chi Minh City|Hong Kong|Houston|Hyderabad|\
Istanbul|Jakarta|Jerusalem|Johannesburg|Kabul|Karachi|Kathmandu|Kraków|Krakow|Kuala Lumpur|Kyiv|Kiev|Kyoto|Lagos|\
Lahore|Las Vegas|Leeds|Leipzig|Lima|Lisbon|Lisboa|Ljubljana|London|Los Angeles|Luanda|Lyon|Madrid|Málaga|Manchester|\
Manila|Marseille|Melbourne|Mexico City|Miami|Milan|Milano|Minneapolis|Minsk|Montevideo|Montreal|Montréal|Moscow|Mumbai|\
Munich|München|Nairobi|Napoli|New Orleans|New York|New York City|Nürnberg|Osaka|Oslo|Ottawa|Palermo|Paris|Philadelphia|\
Phoenix, Arizona|Porto Alegre|Prague|Praha|Pretoria|Quito|Reykjavik|Riga|Rio de Janeiro|Riyadh|Rome|Rotterdam|\
San Diego|San Francisco|Santiago de Chile|São Paulo|Sarajevo|Seattle|Seoul|Seville|Sevilla|Shanghai|Shenzhen|\
Sofia, Bulgaria|Stockholm|Stuttgart|Sydney|Taipei|Tallinn|Tbilisi|Tehran|Tel Aviv|Tokyo|Toronto|Toulouse|Tripoli|Tunis|\
Turin|Torino|Utrecht|Valencia|Vancouver|Venice|Vienna|Vilnius|Warsaw|Warszawa|Washington, D.C.|Washington D.C.|\
Wellington|Wien|Wrocław|Yerevan|Yokohama|Zagreb|Zürich|Zurich";

/// What is said right before the place where somebody lives, in lower case.
pub(super) const DWELLINGS: &[&str] = &[
    "i live in",
    "we live in",
    "lives in",
    "living in",
    "resides in",
    "i reside in",
    "i am from",
    "i'm from",
    "was born in",
    "grew up in",
    "moved here from",
    "moved to",
    "j'habite à",
    "ich wohne in",
    "ich lebe in",
    "vivo en",
    "vivo a",
    "abito a",
    "moro em",
    "ik woon in",
];

/// Legal forms at the end of a company's name.
pub(super) const FORMS: &str = "Inc Inc. Ltd Ltd. LLC L.L.C. LLP PLC Plc plc GmbH AG KG KGaA OHG e.V. SARL S.A.R.L. SAS S.A. S.A.S. S.p.A. SpA S.r.l. \
Srl SRL B.V. BV N.V. NV AB ApS A/S Oy Oyj Corp Corp. Corporation Co. Pty S.L. Ltda Ltda. Sp. Kft. Zrt. d.o.o. a.s. s.r.o. K.K.";

/// Words that are not the first of a person's or company's name: they begin sentences.
pub(super) const OPENERS: &str = "A An The This That These Those I We You He She It They My Your His Her Its Our Their And Or But If When While \
Where What Who Why How Is Are Was Were Do Does Did Can Could Will Would Should May Might Must Please Dear Hi Hello Hey Thanks Thank Yes No \
Not From To In On At By For With About As So Then Also Both All Any Some Each Every One Two First Last New Old Monday Tuesday Wednesday Thursday \
Friday Saturday Sunday January February March April May June July August September October November December Der Die Das Ein Eine Und Le La Les \
Un Une Et El Los Las Una Y Il Lo Gli Copyright See Note By";
