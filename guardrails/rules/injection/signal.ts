/** What instructions that do not belong where they stand look like. */
export interface Signal {
  /** Signals of one family count once. */
  readonly family: string;
  /** Over folded text: small letters without accents. Global, and bounded in its repetitions. */
  readonly pattern: RegExp;
  /** What it adds in what a user writes. 0.9 is enough by default. */
  readonly weight: number;
  /** What it adds in documents and results of tools, which have no reason to instruct an AI model. */
  readonly weightInData: number;
}

/** A word of any script, with the space after it. */
const anyWord = "[\\p{L}\\p{M}'’-]{1,30}\\s{1,5}";

/**
 * A signal from a source in which `_` stands for white space and `~4` for up to 4 words.
 *
 * @param weights of what a user writes, and of data; one for both
 */
export function signal(family: string, source: string, weight: number, weightInData = weight): Signal {
  const expanded = source
    .normalize('NFC')
    .replaceAll('_', '\\s{1,5}')
    .replace(/~(\d)/g, (_, most: string) => `(?:${anyWord}){0,${most}}`);
  return {
    family,
    pattern: new RegExp(expanded, 'gu'),
    weight,
    weightInData,
  };
}
