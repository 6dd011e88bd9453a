/**
 * Check digits of ids, compared without a copy of the number. Sources of the weights: the documentation of stdnum, whose
 * `validate` decides about what passes here and costs a hundred times more.
 */

/** Whether a number, as it is written, can be valid; false is certain. */
export type MayBeValid = (written: string) => boolean;

/**
 * One digit is chosen by a sum of others.
 * @param weights what the first digits are multiplied with, in their order, but for the check digit.
 * @param digits the check digit for each remainder of the sum; there are as many as the modulus. `*`: any.
 * @param place of the check digit among the others.
 */
export function checkDigit(
  weights: readonly number[],
  digits: string,
  place: number = weights.length,
): MayBeValid {
  return (written) => {
    let [sum, count, check] = [0, 0, ''];
    for (let at = 0; at < written.length && count <= weights.length; at += 1) {
      const unit = written.charCodeAt(at);
      // Signs that separate groups.
      if (unit < 0x30) continue;
      if (count === place) check = written.charAt(at).toUpperCase();
      else sum += (unit - 0x30) * (weights[count < place ? count : count - 1] as number);
      count += 1;
    }
    const right = digits[sum % digits.length];
    return right === '*' || right === check;
  };
}

/** Luhn's sum over all digits (ISO/IEC 7812-1, annex B). */
export const hasLuhnSum: MayBeValid = (written) => {
  let [sum, isDoubled] = [0, false];
  for (let at = written.length - 1; at >= 0; at -= 1) {
    const digit = written.charCodeAt(at) - 0x30;
    if (digit < 0) continue;
    sum += isDoubled ? 2 * digit - (digit > 4 ? 9 : 0) : digit;
    isDoubled = !isDoubled;
  }
  return sum % 10 === 0;
};

/** ISO 7064, MOD 11,10, over all digits. */
export const hasMod11Mod10: MayBeValid = (written) => {
  let rest = 5;
  for (let at = 0; at < written.length; at += 1) {
    const digit = written.charCodeAt(at) - 0x30;
    if (digit < 0) continue;
    rest = (((rest === 0 ? 10 : rest) * 2) % 11) + digit;
    if (rest >= 10) rest -= 10;
  }
  return rest === 1;
};

/** The first nine of eleven digits, before which a 2 stands for births since 2000, and the last two are a multiple of 97 together. */
export const hasBelgianSum: MayBeValid = (written) => {
  let [number, count, check] = [0, 0, 0];
  for (let at = 0; at < written.length; at += 1) {
    const digit = written.charCodeAt(at) - 0x30;
    if (digit < 0) continue;
    if (count < 9) number = 10 * number + digit;
    else check = 10 * check + digit;
    count += 1;
  }
  return (number + check) % 97 === 0 || (2_000_000_000 + number + check) % 97 === 0;
};
