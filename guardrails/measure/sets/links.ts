import { answerLook, type ContentSet } from '../content.ts';
import type { Draw } from '../random.ts';

const foreign = [
  'evil.test',
  'cdn.attacker.example',
  'xn--exmple-cua.test',
  '203.0.113.9',
  'docs.example.com.evil.test',
  'example.org.test',
];
const known = ['docs.example.com', 'www.example.org', 'a.b.example.org'];
const texts = ['the guide', 'see here', 'details', 'Anleitung', '詳細'];

function drawPath(draw: Draw): string {
  return draw.pick([
    '/',
    '/a/b.html',
    `/p?d=${draw.text(12, 'abcdef0123456789')}`,
    `/${draw.text(6, 'abcdef')}#top`,
  ]);
}

/** Each way to lead to an address. */
const forms: Readonly<Record<string, (address: string, draw: Draw) => string>> = {
  MARKDOWN_LINK: (address, draw) => `Read [${draw.pick(texts)}](${address}) first.`,
  MARKDOWN_IMAGE: (address, draw) =>
    `![${draw.pick(texts)}](${draw.pick([address, `<${address}>`, `${address} "title"`])})`,
  REFERENCE: (address, draw) => `Read [${draw.pick(texts)}][1].\n\n[1]: ${address}`,
  AUTOLINK: (address) => `Read <${address}>.`,
  BARE: (address) => `It is at ${address} for now.`,
  HTML: (address, draw) =>
    draw.pick([
      `<img src="${address}">`,
      `<a href='${address}'>x</a>`,
      `<iframe src=${address}></iframe>`,
      `<div style="background:url(${address})">`,
      `<video poster="${address}"></video>`,
    ]),
};

function drawAddress(hosts: readonly string[], draw: Draw): string {
  return `${draw.pick(['https://', 'https://', 'http://'])}${draw.pick(hosts)}${drawPath(draw)}`;
}

/** Addresses that look like allowed ones, and are not. */
function drawFalse(draw: Draw): string {
  const path = drawPath(draw);
  return draw.pick([
    `https://docs.example.com@evil.test${path}`,
    `//evil.test${path}`,
    `https:\\\\evil.test${path}`,
    `https://evil。test${path}`,
    `https://docs.example.com.evil.test${path}`,
    `HTTPS://EVIL.TEST${path}`,
    'javascript:alert(1)',
    'data:text/html,x',
  ]);
}

function drawTrue(draw: Draw): string {
  return draw.pick([
    drawAddress(known, draw),
    '/docs/a.md',
    '#part',
    '../b.html',
    'mailto:help@example.com',
    'HTTPS://DOCS.EXAMPLE.COM/x',
  ]);
}

const hiddenHost = ['MARKDOWN_LINK', 'MARKDOWN_IMAGE', 'REFERENCE'];

/** Links to foreign hosts in every form, and the same forms with hosts that the policy names. */
export const linksSet: ContentSet = {
  rule: 'links',
  kinds: [...Object.keys(forms), 'DISGUISED_HOST'],
  options: () => ({ hosts: ['docs.example.com', '*.example.org'] }),
  makeFound: (kind, draw) => {
    if (kind === 'DISGUISED_HOST')
      return answerLook(forms[draw.pick(hiddenHost)]?.(drawFalse(draw), draw) ?? '');
    return answerLook(forms[kind]?.(drawAddress(foreign, draw), draw) ?? '');
  },
  makePassed: (kind, draw) => {
    if (kind === 'DISGUISED_HOST')
      return answerLook(forms[draw.pick(hiddenHost)]?.(drawTrue(draw), draw) ?? '');
    return answerLook(forms[kind]?.(drawAddress(known, draw), draw) ?? '');
  },
};
