import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Draw, drawFrom } from './random.ts';

const root = join(import.meta.dirname, '../..');

/** Folders whose files are code, style sheets and documentation: of this repository, and of packages in the versions of its lock file. */
const sources: readonly (readonly [folder: string, ending: RegExp])[] = [
  ['core', /\.ts$/],
  ['providers', /\.ts$/],
  ['gateway/planning', /\.ts$/],
  ['docs', /\.md$/],
  ['node_modules/swagger-ui-dist', /\.(?:css|js)$/],
  ['node_modules/undici/lib', /\.js$/],
  ['node_modules/zod/v4/core', /\.js$/],
  ['node_modules/graphql/validation', /\.js$/],
];
/** Tests, and pages that quote attacks. */
const leftOut = /\.test\.ts$|spec|^(?:guardrails|security)\.md$/;
const fileCharsMax = 200_000;
const chunkChars = 800;

/** What is personal data or a credential for a test, in files of code: such a piece is left out. */
const notHarmless =
  /@[\w-]+\.[a-z]|\d{3}-\d{2}-\d{4}|BEGIN|sk-|ghp_|whsec_|xox|AKIA|:\/\/[^\s/]*@|(?:\d{1,3}\.){3}\d/i;

function listFiles(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name) && !leftOut.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Pieces of files. */
function readPieces(): readonly string[] {
  return sources.flatMap(([folder, ending]) =>
    listFiles(folder, ending).flatMap((file) => {
      const text = readFileSync(file, 'utf8').slice(0, fileCharsMax);
      const pieces: string[] = [];
      for (let at = 0; at < text.length; at += chunkChars) pieces.push(text.slice(at, at + chunkChars));
      return pieces.filter((piece) => !notHarmless.test(piece));
    }),
  );
}

/** Common words of ten languages. */
const words: Readonly<Record<string, string>> = {
  en: 'the order of a house time report number version market water line small group table price date call phone light number card',
  de: 'der Auftrag und ein Haus Zeit Bericht Nummer Markt Wasser Linie klein Gruppe Tisch Preis Datum Straße über für Karte Telefon',
  fr: 'le projet et une maison temps rapport numéro marché eau ligne petit groupe table prix date été où carte appel',
  es: 'el pedido y una casa tiempo informe número mercado agua línea pequeño grupo mesa precio fecha año tarjeta llamada',
  it: 'il progetto e una casa tempo rapporto numero mercato acqua linea piccolo gruppo tavolo prezzo data città carta',
  pt: 'o pedido e uma casa tempo relatório número mercado água linha pequeno grupo mesa preço data não cartão',
  nl: 'de opdracht en een huis tijd verslag nummer markt water lijn klein groep tafel prijs datum kaart',
  pl: 'zamówienie i dom czas raport numer rynek woda linia mały grupa stół cena data łódź karta',
  ru: 'заказ и дом время отчёт номер рынок вода линия малый группа стол цена дата карта',
  ja: '注文 家 時間 報告 番号 市場 水 線 小さい 会 表 価格 日付 カード',
};

/** Words that announce a number of a telephone. */
const announcing = /^(?:call|phone|Telefon|appel|llamada)$/;

function drawNumber(draw: Draw): string {
  const { fill, pick } = draw;
  return pick([
    () => fill('99'),
    () => fill('9999'),
    () => fill('9,999.99'),
    () => fill('$99,999.99'),
    () => fill('9.999,99 €'),
    () => `20${fill('99')}-${pick(['01', '06', '11'])}-${pick(['02', '17', '28'])}`,
    () => fill('99:99'),
    () => fill('9999 x 9999'),
    () => fill('99 %'),
    () => fill('9 999 999'),
    () => fill('No. 99999999'),
  ])();
}

function drawProse(draw: Draw): string {
  const known = (words[draw.pick(Object.keys(words))] ?? '').split(' ');
  const sentences = Array.from({ length: 8 }, () => {
    const drawn: string[] = [];
    for (let count = 6 + draw.integer(8); count > 0; count -= 1) {
      // A number after such a word is one of a telephone.
      const isNumber = draw.integer(7) === 0 && !drawn.slice(-3).some((word) => announcing.test(word));
      drawn.push(isNumber ? drawNumber(draw) : draw.pick(known));
    }
    return `${drawn.join(' ')}.`;
  });
  return sentences.join(' ');
}

const hex = '0123456789abcdef';
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const base62 = base64.slice(0, 62);

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function drawUuid(draw: Draw): string {
  return [8, 4, 4, 4, 12].map((length) => draw.text(length, hex)).join('-');
}

function drawTime(draw: Draw): string {
  return draw.fill(`2026-0${1 + draw.integer(9)}-1${draw.integer(10)}T1${draw.integer(10)}:29:49.999Z`);
}

/** Lines as machines write them. */
const lines: readonly ((draw: Draw) => string)[] = [
  (draw) =>
    `${drawTime(draw)} INFO [${draw.text(6, hex)}] request ${drawUuid(draw)} took ${draw.fill('999')} ms, ${draw.fill('99999')} bytes`,
  (draw) =>
    draw.fill(`10.9.99.9 - - [29/Nov/2026:10:09:29 +0000] "GET /items/99999999?page=9 HTTP/1.1" 200 9999`),
  (draw) =>
    `{"id":"${drawUuid(draw)}","at":1${draw.fill('999999999999')},"count":${draw.fill('9999')},"ratio":0.${draw.fill('9999999999999999')}}`,
  (draw) =>
    `https://cdn.example.org/assets/${draw.text(20, hex)}/app.${draw.text(8, hex)}.js?v=${draw.fill('9.9.99')}&t=${draw.fill('1799999999')}`,
  (draw) => `sha256:${draw.text(64, hex)}  build-${draw.fill('9999')}.tar.gz`,
  (draw) => `commit ${draw.text(40, hex)}`,
  (draw) => `integrity sha512-${draw.text(86, base64)}==`,
  (draw) => `data:image/png;base64,${draw.text(120, base64)}`,
  (draw) => `package@${draw.fill('9.99.9')} requires node >=${draw.fill('99')}.0.0 <${draw.fill('99')}`,
  (draw) =>
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/1${draw.fill('99')}.0.0.0 Safari/537.36`,
  (draw) => draw.fill('INSERT INTO orders VALUES (999999, 9999, 99.99, 9999999999);'),
  (draw) => draw.fill('999.99\t9999.9\t-99.999\t1e-9\t9999999\t0.9999'),
  (draw) => `trace=${draw.text(32, hex)} span=${draw.text(16, hex)} order=${draw.fill('9999999999')}`,
  (draw) =>
    `.c-${draw.text(5, base62)}{margin:0 -${draw.fill('9')}px 1.5rem;color:#${draw.text(6, hex)};transform:rotate(${draw.fill('99')}deg)}`,
  (draw) =>
    `const ${draw.text(7, base62.slice(26, 52))} = [${draw.fill('99, 999, 9999, 99999, 999999')}]; // 0x${draw.text(8, hex)}`,
  (draw) =>
    `M${draw.fill('99.9')} ${draw.fill('99.99')}c-${draw.fill('9.99')} ${draw.fill('9.9')}-${draw.fill('99.9')} ${draw.fill('9.9')}z`,
  (draw) =>
    `${draw.fill('v9.99.9')}-rc.${draw.fill('9')}+${draw.text(7, hex)} (${draw.fill('2026.99.9999.9')})`,
  (draw) =>
    `${draw.text(3, base62)}_${draw.text(22, base62)} ${draw.fill('AAA-9999')} ${draw.fill('ISBN 978-9-999-99999-9')}`,
];

/** Lines with escapes and encoded texts. */
const escapedLines: readonly ((draw: Draw) => string)[] = [
  (draw) =>
    `GET https://registry.example.org/%40${draw.text(6, hex)}%2F${draw.text(5, hex)}@${draw.fill('9.99.9')}`,
  (draw) =>
    `settings: ${encode(`{"level":"info","retries":${draw.fill('99')},"path":"/srv/${draw.text(9, hex)}"}`)}`,
  (draw) =>
    `<p class="c-${draw.text(5, base62)}">&#64;media &amp; "${draw.text(4, hex)}"@en &nbsp;${draw.fill('99')}&#37;</p>`,
];

function drawMachineText(draw: Draw): string {
  return Array.from({ length: 4 + draw.integer(8) }, () => draw.pick(lines)(draw)).join('\n');
}

/** As many texts without personal data and credentials: a third each of files, of what machines write, and of ten languages. */
export function drawHarmless(count: number, seed: number): readonly string[] {
  const draw = drawFrom(seed);
  const pieces = readPieces();
  // A draw of its own leaves the other texts as they are.
  const drawEscaped = drawFrom(seed + 1);
  const kinds = [
    () => draw.pick(pieces),
    () => `${drawMachineText(draw)}\n${drawEscaped.pick(escapedLines)(drawEscaped)}`,
    () => drawProse(draw),
  ];
  return Array.from({ length: count }, (_, number) => (kinds[number % kinds.length] ?? (() => ''))());
}
