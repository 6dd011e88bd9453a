import { type FileSource, rejectUnsupported } from './call-parts.ts';

/** How files begin, in hexadecimal digits. */
const beginnings: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  image: [
    [/^474946383[79]61/, 'image/gif'],
    [/^89504e47/, 'image/png'],
    [/^ffd8/, 'image/jpeg'],
    [/^52494646.{8}57454250/, 'image/webp'],
    [/^424d.{8}0{8}/, 'image/bmp'],
    [/^49492a00|^4d4d002a/, 'image/tiff'],
    [/^000000..6674797061766966/, 'image/avif'],
    [/^000000..6674797068656963/, 'image/heic'],
  ],
  audio: [
    [/^494433|^ff(?:f[ab23]|e[23])/, 'audio/mpeg'],
    [/^fff[0189]|^40150000/, 'audio/aac'],
    [/^52494646.{8}57415645/, 'audio/wav'],
    [/^4f676753/, 'audio/ogg'],
    [/^664c6143/, 'audio/flac'],
    [/^1a45dfa3/, 'audio/webm'],
    [/^000000..66747970/, 'audio/mp4'],
  ],
  video: [
    [/^000000..667479707174/, 'video/quicktime'],
    [/^000000..66747970/, 'video/mp4'],
    [/^1a45dfa3/, 'video/webm'],
    [/^52494646/, 'video/x-msvideo'],
  ],
  application: [[/^25504446/, 'application/pdf']],
};

/** `image` of `image/png`. */
export function topLevelType({ mediaType }: FileSource): string {
  const slash = mediaType.indexOf('/');
  return slash === -1 ? mediaType : mediaType.slice(0, slash);
}

/**
 * A file's media type with its subtype, which its first bytes show where the caller left it out.
 * @throws {ProviderFailure} BAD_USER_INPUT where they do not
 */
export function fullMediaType(file: FileSource): string {
  const top = topLevelType(file);
  const subtype = file.mediaType.slice(top.length + 1);
  if (subtype !== '' && subtype !== '*') return file.mediaType;
  const first = Buffer.from(file.data?.slice(0, 24) ?? '', 'base64').toString('hex');
  const found = Object.hasOwn(beginnings, top)
    ? beginnings[top]?.find(([pattern]) => pattern.test(first))
    : undefined;
  if (found === undefined) {
    throw rejectUnsupported(`the media type ${JSON.stringify(file.mediaType)} of a file lacks its subtype`);
  }
  return found[1];
}

/** The media type of an image that the data begins as; null: as none. */
export function findImageType(data: string): string | null {
  const first = Buffer.from(data.slice(0, 24), 'base64').toString('hex');
  return beginnings.image?.find(([pattern]) => pattern.test(first))?.[1] ?? null;
}

/** A file as one URL: its own, or its data in a URL. */
export function fileUrl(file: FileSource): string {
  return file.url ?? `data:${fullMediaType(file)};base64,${file.data ?? ''}`;
}
