/** How a request states its document: by its text, by a name of one that is kept, or by text and hash, to have it kept. */
export interface DocumentSource {
  readonly query?: string | undefined;
  /** SHA-256 of the text in hex, as clients of automatic persisted queries send it; or the id that a manifest has for it. */
  readonly hash?: string | undefined;
  /** The id of a trusted document. */
  readonly id?: string | undefined;
}
