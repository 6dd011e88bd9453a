import type { VendorError } from './vendor-message.ts';

function joinPatterns(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}

const codes =
  /\b(?:context_length_exceeded|(?:model_)?context_window_exceeded|prompt_too_long|input_too_long)\b/;
/** Codes of a text that is too long, whichever text it is. */
const textCodes = /\bstring_above_max_length\b|\b(?:string|value)_too_long\b/;

/** Fields that are the input or a part of it: `messages[3].content`, `input`, `contents.0.parts.1.text`. */
const inputField =
  /(?:^|\.)(?:messages?|input|inputs|prompt|contents?|text|texts|parts|instructions|system|history|input_tokens)$/i;
const outputField = /max_?(?:completion|output|new)?_?tokens|n_predict/i;

const contextNamed = /context[ _-]?(?:length|window|limit|size)|\bn_ctx\b|model length/i;
const excess =
  /exceed|maximum|too (?:long|large|small|big|many)|larger|longer|greater|beyond|\bover\b|overflow|\bfit|up to|only|limit|>/i;
const inputExcess = joinPatterns(
  /maximum (?:context|prompt|model|input|sequence) length/,
  /(?:prompt|inputs?|messages?|conversation|request|history)(?:[ _](?:text|tokens?|length|size|body|payload|content|is|are|was|has|too|exceeds|token count)){0,5}[ :]{1,2}too (?:long|large|big|many)/,
  /(?:prompt|inputs?|messages?|conversation|request|history) (?:is|are|was|body is|size is|length is)? ?too (?:long|large|big)/,
  /too many (?:input |prompt )?tokens|reduce the length of (?:the|your) (?:messages|prompt|input)/,
  /\b(?:prompt|inputs?|messages|conversation|request|context)\b.{0,60}\bexceed\w*.{0,60}\b(?:tokens?|length|context|window|limit|characters?)\b/,
  /\bexceed\w*.{0,40}\b(?:context|number of tokens|token limit)\b|\bover the (?:token|context)\b/,
  /range of input length should be|\binputs?`? must have (?:less|fewer) than/,
  /(?:prompt|输入|上下文).{0,12}(?:超长|过长|超出|超过)/,
  /number of tokens in the request cannot exceed|token count.{0,40}supports (?:only )?up to/,
  /`?inputs`? tokens \+|longer than the (?:maximum )?(?:model|context)/,
);
/** What is left for the output is negative. */
const noRoom = /tokens must be at least 1, got -\d/i;
/** What else of a request can be too long, named in words alone. */
const elsewhere =
  /\b(?:tools?|functions?|descriptions?|names?|schema|metadata|stop|urls?|ids?|image|file|header|api key)\b/i;

/** The field that a vendor names, in `param` or at the beginning of its words. */
function findField({ param, message }: VendorError): string {
  const quoted = /^(?:Invalid|Unsupported|Missing)[^'"`]{0,40}['"`]([\w.[\]]{1,200})['"`]/i.exec(
    message,
  )?.[1];
  // Python puts the class of an error there.
  const leading = /^(?![\w.]{0,200}(?:error|exception): )([a-z_]+[\w.[\]]{0,200}): /i.exec(message)?.[1];
  const field = param !== '' ? param : (quoted ?? (/[.[]/.test(leading ?? '') ? leading : undefined) ?? '');
  return field.replace(/\[(\d+)\]/g, '.$1').replace(/(?:\.\d+)+$/, '');
}

/** Whether a vendor states that the input, or input and output together, do not fit the model. */
export function isInputTooLong(vendor: VendorError): boolean {
  const { words, message } = vendor;
  if (codes.test(words) || noRoom.test(message)) return true;
  const namesContext = contextNamed.test(message) && excess.test(message);
  const field = findField(vendor);
  if (field !== '' && !inputField.test(field) && !namesContext) return false;
  if (textCodes.test(words)) return inputField.test(field);
  if (namesContext)
    return !/\b(?:unknown|unrecognized|unsupported|invalid) (?:parameter|argument|field)/i.test(message);
  if (!inputExcess.test(message)) return false;
  const namesOutput =
    outputField.test(message) || /\b(?:completion|output) tokens|maximum tokens/i.test(message);
  if (namesOutput && !/\b(?:prompt|inputs?|messages|context)\b/i.test(message)) return false;
  return field !== '' || !elsewhere.test(message.slice(0, message.search(excess)));
}
