const mediaShape = /^(application|audio|font|image|message|model|multipart|text|video|chemical)\/[a-z][\w.+-]{0,60}$/i

// Words of the media types that are in use; others have shorter parts.
const mediaWords =
  'application audio font image message model multipart text video chemical alternative avif calendar document dicom excel fhir flac form data gzip heic heif html javascript jpeg json markdown midi mixed mpeg msword octet officedocument opus ogg openxmlformats plain powerpoint presentation presentationml quicktime related sheet spreadsheetml stream tiff turtle urlencoded vcard webm webp wordprocessingml'
const knownMediaWords = new Set(mediaWords.split(' '))
/** Is this the type of a file, in words that are known? */
export const isMediaType = (value: string): boolean =>
  mediaShape.test(value) && (value.toLowerCase().match(/[a-z]{4,}/g) ?? []).every((word) => knownMediaWords.has(word))
