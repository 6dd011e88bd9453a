/** What stands in place of a secret. */
export const hiddenSecret = '…';

/** The user and password of an address, wherever one stands in a text. */
const userInfo = /([a-z][a-z0-9+.-]{0,30}:\/{1,2})[^\s/?#@"'`]+@/gi;

/** The text without the users and passwords of the addresses in it. */
export function hideAddressUsers(text: string): string {
  return text.replace(userInfo, `$1${hiddenSecret}@`);
}
