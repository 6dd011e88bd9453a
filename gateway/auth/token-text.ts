/** A token with groups of a person in it may be so long; longer ones are refused unread. */
const tokenLengthMax = 8_192;

/** Three parts of base64url, the first of which begins with a brace and may begin with a space or line after it. */
const jwtForm = /^e[wy][\w-]*\.[\w-]+\.[\w-]*$/;
/** Five parts: an encrypted JWT. */
const jweForm = /^e[wy][\w-]*(?:\.[\w-]*){4}$/;

/** True for a text that has the form of a JWT, signed or not. */
export function isJwt(text: string): boolean {
  return jwtForm.test(text);
}

/** Why no issuer needs to look at a text that has the form of a JWT; null where one does. */
export function refuseToken(text: string): string | null {
  if (jweForm.test(text)) return 'This is an encrypted JWT, which is not accepted: send a signed one.';
  if (!isJwt(text)) return null;
  if (text.length > tokenLengthMax) {
    return `This token has more than ${tokenLengthMax} characters: have the issuer leave out claims, such as groups.`;
  }
  return text.endsWith('.') ? 'This is an unsigned JWT, which is not accepted.' : null;
}
