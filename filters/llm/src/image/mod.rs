//! Images inside a request: where they come from and how closely the model looks at them.
//! Must not know how many tokens an image costs.

mod pixels;

use crate::json::Str;

/// An image as a request describes it. Which fields are there depends on the dialect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Image<'a> {
    url: Option<Str<'a>>,
    data: Option<Str<'a>>,
    media_type: Option<Str<'a>>,
    detail: Option<Str<'a>>,
    file_id: Option<Str<'a>>,
}

/// Which field of an image a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageField {
    Url,
    Data,
    MediaType,
    Detail,
    FileId,
}

/// How closely the model looks: OpenAI's `detail`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// The model's choice; also what other words mean.
    #[default]
    Auto,
    /// A small version of the image.
    Low,
    /// The image in tiles.
    High,
    /// The image as it is.
    Original,
}

impl<'a> Image<'a> {
    pub(crate) fn set(&mut self, field: ImageField, str: Str<'a>) {
        *match field {
            ImageField::Url => &mut self.url,
            ImageField::Data => &mut self.data,
            ImageField::MediaType => &mut self.media_type,
            ImageField::Detail => &mut self.detail,
            ImageField::FileId => &mut self.file_id,
        } = Some(str);
    }

    /// The address of an image that the provider fetches; not a data URL.
    pub fn url(&self) -> Option<Str<'a>> {
        self.url.filter(|url| !is_data_url(url))
    }

    /// The identifier of a file that was uploaded before.
    pub const fn file_id(&self) -> Option<Str<'a>> {
        self.file_id
    }

    /// The image itself, in base64, if it came with the request.
    pub fn base64(&self) -> Option<&'a str> {
        match (self.data, self.url) {
            (Some(data), _) => Some(data.raw()),
            (None, Some(url)) if is_data_url(&url) => Some(url.raw().split_once(";base64,")?.1),
            _ => None,
        }
    }

    /// Width and height, read from the header of a PNG, JPEG, GIF or WebP image that came with the request.
    pub fn pixels(&self) -> Option<(u32, u32)> {
        pixels::of(self.base64()?)
    }

    /// `image/png` and the like, as the request says; it is not checked against the data.
    pub fn media_type(&self) -> Option<&'a str> {
        match (self.media_type, self.url) {
            (Some(media_type), _) => Some(media_type.raw()),
            (None, Some(url)) if is_data_url(&url) => url
                .raw()
                .get("data:".len()..)?
                .split([';', ','])
                .next()
                .filter(|name| !name.is_empty()),
            _ => None,
        }
    }

    /// How closely the model looks.
    pub fn detail(&self) -> Detail {
        match self.detail.map(|detail| detail.decode()).as_deref() {
            Some("low") => Detail::Low,
            Some("high") => Detail::High,
            Some("original") => Detail::Original,
            _ => Detail::Auto,
        }
    }
}

fn is_data_url(url: &Str<'_>) -> bool {
    url.raw()
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}
