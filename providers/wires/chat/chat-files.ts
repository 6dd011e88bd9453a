import { type FileSource, rejectUnsupported } from '../../translate/call-parts.ts';
import { fileUrl, fullMediaType, topLevelType } from '../../translate/file-type.ts';

const audioFormats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/mp3': 'mp3',
  'audio/mpeg': 'mp3',
};

export function writeImage(file: FileSource): object {
  const { detail } = file;
  return { type: 'image_url', image_url: { url: fileUrl(file), ...(detail === null ? {} : { detail }) } };
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a URL, or a type that the API does not take */
function writeAudio(file: FileSource): object {
  if (file.data === null) throw rejectUnsupported('it takes no audio by URL');
  const mediaType = fullMediaType(file);
  const format = file.audioFormat ?? audioFormats[mediaType];
  if (format === undefined) throw rejectUnsupported(`it takes no audio of type ${mediaType}`);
  return { type: 'input_audio', input_audio: { data: file.data, format } };
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a URL, or another type */
function writePdf(file: FileSource, filename: string): object {
  const mediaType = fullMediaType(file);
  if (mediaType !== 'application/pdf') throw rejectUnsupported(`it takes no file of type ${mediaType}`);
  if (file.data === null) throw rejectUnsupported('it takes no PDF by URL');
  const file_data = `data:application/pdf;base64,${file.data}`;
  return { type: 'file', file: { filename: file.filename ?? filename, file_data } };
}

/** Files as OpenAI takes them: images, audio and PDFs. */
export function writeOpenaiFile(file: FileSource, at: number): object {
  const top = topLevelType(file);
  if (top === 'image') return writeImage(file);
  return top === 'audio' ? writeAudio(file) : writePdf(file, `part-${at}.pdf`);
}

/** Files as servers behind many APIs take them: OpenAI's, videos and texts. */
export function writeCompatibleFile(file: FileSource): object {
  switch (topLevelType(file)) {
    case 'image':
      return writeImage(file);
    case 'audio':
      return writeAudio(file);
    case 'video':
      return { type: 'video_url', video_url: { url: fileUrl(file) } };
    case 'text':
      return { type: 'text', text: file.url ?? Buffer.from(file.data ?? '', 'base64').toString() };
    default:
      return writePdf(file, 'document.pdf');
  }
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a file that is no image */
export function writeImageOnly(file: FileSource): object {
  if (topLevelType(file) === 'image') return writeImage(file);
  throw rejectUnsupported(`it takes images, and no file of type ${file.mediaType}`);
}
