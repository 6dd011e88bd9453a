/** The texts in at most `max` groups of neighbors, of as many texts each as the next, joined by blank lines. */
export function groupTexts(texts: readonly string[], max: number): readonly string[] {
  const size = Math.ceil(texts.length / max);
  if (size <= 1) return texts;
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, at) =>
    texts.slice(at * size, (at + 1) * size).join('\n\n'),
  );
}
