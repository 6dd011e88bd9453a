/** Names that are in use beside the registered ones, which are all that most vendors take. */
const registered: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/x-webp': 'image/webp',
  'application/x-pdf': 'application/pdf',
  'audio/mp3': 'audio/mpeg',
  'audio/x-mp3': 'audio/mpeg',
  'audio/x-mpeg': 'audio/mpeg',
  'audio/wave': 'audio/wav',
  'audio/x-wav': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'text/x-markdown': 'text/markdown',
};

/** A media type by its registered name, in lower case and without parameters. */
export function normalizeMediaType(given: string): string {
  const [essence = ''] = given.split(';');
  const name = essence.trim().toLowerCase();
  return registered[name] ?? name;
}
