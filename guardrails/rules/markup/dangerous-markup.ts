/** What output can hold that another program executes. */
export const markupKinds = ['SCRIPT', 'HTML', 'SQL', 'SHELL'] as const;
export type MarkupKind = (typeof markupKinds)[number];

const tag = (names: string) =>
  `</?(?:${names})(?![\\w-])(?:[^<>"']|"[^"]{0,2000}(?:"|$)|'[^']{0,2000}(?:'|$))*>?`;
const active =
  'script|iframe|frame|frameset|object|embed|applet|base|link|meta|style|form|svg|math|template|portal|noscript|xml|import';
const passive =
  'a|abbr|address|area|article|aside|audio|b|bdi|bdo|big|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|fieldset|figcaption|figure|font|footer|h[1-6]|head|header|hgroup|hr|html|i|img|input|ins|kbd|label|legend|li|main|map|mark|marquee|menu|meter|nav|ol|optgroup|option|output|p|param|picture|pre|progress|q|rp|rt|ruby|s|samp|search|section|select|slot|small|source|span|strike|strong|sub|summary|sup|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr';
const name = '[`"\\[]?[\\w.$]{1,64}[`"\\]]?';

/** By kind: each bounded, or ended by the first character of another construct, so that a search is linear. */
export const markupPatterns: Readonly<Record<MarkupKind, readonly RegExp[]>> = {
  SCRIPT: [
    new RegExp(tag(active), 'gi'),
    /<[a-z][\w:-]{0,30}(?=[\s/])(?:[^<>"']|"[^"]{0,1000}"|'[^']{0,1000}'){0,1000}?(?:[\s/]|(?<=["']))on[a-z]{3,30}\s{0,10}=(?:[^<>"']|"[^"]{0,2000}(?:"|$)|'[^']{0,2000}(?:'|$))*>?/gi,
    /(?:(?<=["'(<=]\s{0,5})(?:java|vb|live)script\s{0,5}:|\b(?:java|vb|live)script:(?=\S))[^\s<>"')]{0,500}/gi,
    /\bdata\s{0,5}:\s{0,5}text\/html[^\s<>"')]{0,500}/gi,
  ],
  HTML: [
    new RegExp(tag(passive), 'gi'),
    /<!--(?:[^-]|-(?!->)){0,4000}(?:-->)?/g,
    /<!doctype[^<>]{0,200}>?/gi,
  ],
  SQL: [
    new RegExp(
      `\\b(?:drop|truncate|alter)\\s{1,10}(?:table|database|schema|index|view|user|role|procedure|function|trigger)\\s{1,10}(?:if\\s{1,10}exists\\s{1,10})?${name}`,
      'gi',
    ),
    new RegExp(`\\bdelete\\s{1,10}from\\s{1,10}${name}`, 'gi'),
    new RegExp(`\\binsert\\s{1,10}into\\s{1,10}${name}\\s{0,10}(?:\\(|values\\b|select\\b)`, 'gi'),
    new RegExp(`\\bupdate\\s{1,10}${name}\\s{1,10}set\\s{1,10}${name}\\s{0,10}=`, 'gi'),
    new RegExp(`\\bselect\\b[^;<>\\n]{1,120}?\\bfrom\\s{1,10}${name}(?:\\s{1,10}where\\b|\\s{0,10};)`, 'gi'),
    /\bunion\s{1,10}(?:all\s{1,10})?select\b/gi,
    /['"]\s{0,5}(?:or|and)\s{1,5}['"]?\w{1,20}['"]?\s{0,5}=\s{0,5}['"]?\w{1,20}/gi,
    /;\s{0,5}(?:--|\/\*)|\bxp_cmdshell\b|\bwaitfor\s{1,5}delay\b|\b(?:sleep|benchmark|pg_sleep)\s{0,3}\(\s{0,3}\d/gi,
    /\bgrant\s{1,10}(?:all|select|insert|update|delete|execute)\b[^;\n]{0,100}?\bto\s{1,10}\w{1,64}/gi,
  ],
  SHELL: [
    /\brm\s{1,5}(?:-{1,2}[\w-]{1,20}\s{1,5}){1,5}[^\s;|&]{1,200}/g,
    /\b(?:curl|wget)\s[^\n|;]{1,180}?\|\s{0,5}(?:sudo\s{1,5})?(?:ba|z|da|k|c)?sh\b/g,
    /\b(?:ba|z|da|k)?sh\s{1,5}-[ic]{1,3}\s{1,5}[^\s;|&]{1,200}|\/dev\/(?:tcp|udp)\/[^\s]{1,100}/g,
    /\b(?:sudo|doas)\s{1,5}[\w./-]{1,60}/g,
    /\bchmod\s{1,5}(?:-R\s{1,5})?(?:0?777|[ugoa]*\+[rwxs]{1,4})\b[^\n;|&]{0,60}/g,
    /\bmkfs(?:\.\w{1,10})?\s|\bdd\s{1,5}if=[^\n;]{1,100}|:\(\)\s{0,3}\{\s{0,3}:\s{0,3}\|\s{0,3}:/g,
    /\b(?:nc|ncat|netcat)\s{1,5}[^\n;|]{0,60}-[a-z]{0,5}e[^\n;|]{0,60}/g,
    /\bpowershell(?:\.exe)?\s{1,5}[^\n]{0,60}-e(?:nc|ncodedcommand|xecutionpolicy|p)?\b[^\n]{0,60}/gi,
    /\b(?:cat|less|more|head|tail)\s{1,5}\/etc\/(?:passwd|shadow|sudoers)\b/g,
    /(?:;|&&|\|\|?)\s{0,5}(?:(?:cat|ls|wget|curl|nc|bash|sh|python3?|perl|ping|kill|chown)\s{1,5}(?:[-/~.$]|https?:)[^\n;|&]{0,60}|(?:whoami|uname)\b)/g,
    /\$\((?:[a-z./_-]{2,30})(?:\s[^()\n]{0,100})?\)/g,
    /\bgit\s{1,5}(?:push\s[^\n]{0,60}--force|reset\s{1,5}--hard|clean\s{1,5}-[a-z]{0,4}f)[^\n]{0,30}/g,
  ],
};

/** A fenced block or a piece of code of Markdown. */
export const codePattern =
  /(?:^|\n)[ >]{0,6}(`{3,}|~{3,})[^\n]*(?:\n[\s\S]*?(?:\n[ >]{0,6}\1|$)|$)|`[^`\n]{1,500}`/g;
