const marker = ';base64,';
const head = /data:image\/[a-z.+-]{1,20}$/i;
const headChars = 40;
/** How images begin in base64: PNG, JPEG, GIF and WebP. */
const beginning = /(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)/y;
const digits = /^[A-Za-z0-9+/=]*$/;

/**
 * Whether places of a text, in their order, stand within the data of an image (`data:image/png;base64,…`), whose digits no one has written. Reads the text once,
 * whatever their number.
 */
export function createImageDataCheck(text: string): (start: number, end: number) => boolean {
  let next = text.indexOf(marker);
  let isImage = false;
  /** Up to here there are digits of the image. */
  let read = 0;
  return (start, end) => {
    while (next !== -1 && next < start) {
      read = next + marker.length;
      beginning.lastIndex = read;
      isImage = head.test(text.slice(Math.max(0, next - headChars), next)) && beginning.test(text);
      next = text.indexOf(marker, read);
    }
    isImage &&= digits.test(text.slice(read, end));
    read = end;
    return isImage;
  };
}
