/** More than a number, a truth value or the signs around a value take. */
const charactersOfOther = 32;

/** True when a result is longer than that as JSON; looks at no more of it than it needs to know. */
export function isLongerThan(result: unknown, charactersMax: number): boolean {
  let left = charactersMax;
  const exceeds = (value: unknown): boolean => {
    left -= charactersOfOther;
    if (typeof value === 'string') left -= value.length;
    if (left < 0) return true;
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return value.some(exceeds);
    for (const [name, inner] of Object.entries(value)) {
      left -= name.length;
      if (exceeds(inner)) return true;
    }
    return false;
  };
  return exceeds(result);
}
