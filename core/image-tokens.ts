/** What vendors charge at most for an image that they scale, in tokens. */
export const imageTokensMax = 4_096;
/** What they charge for an image that they scale to their usual size. */
export const imageTokensUsual = 1_500;
