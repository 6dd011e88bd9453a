import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectionAccess, helperUsers } from './collection-access.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && !/\.test\.ts$|^(test|bench|mongo\/embedded)\//.test(file))
  .filter((file) => existsSync(join(root, file)));

/** Paths below mongo/, without the ending. */
const modules = files.flatMap((file) => /^mongo\/(.+)\.ts$/.exec(file)?.[1] ?? []);
/** The table itself, and what defines collections. */
const machinery = ['collection', 'collection-access'];
const collections = modules.filter(
  (name) => !machinery.includes(name) && /= defineCollection\b/.test(read(`mongo/${name}.ts`)),
);

/** A call of mongoose or the driver that changes records. */
const writeCall =
  /\.(?:insertOne|insertMany|create|save|bulkSave|updateOne|updateMany|replaceOne|deleteOne|deleteMany|bulkWrite|findOneAnd\w+|findByIdAnd\w+)\(/;

/** The declarations of a module by name, each with its text. */
function readDeclarations(text: string): ReadonlyMap<string, string> {
  const starts = [
    ...text.matchAll(/^(?:export )?(?:async )?(?:function\*?|const|class|type|interface) (\w+)/gm),
  ];
  return new Map(
    starts.map((start, at) => [
      start[1] ?? '',
      text.slice(start.index, starts[at + 1]?.index ?? text.length),
    ]),
  );
}

/** The names that a collection's file exports: those through which records are changed, and the model's getter. */
function readExports(text: string) {
  const declarations = readDeclarations(text);
  const changing = new Set(
    [...declarations].filter(([, body]) => writeCall.test(body)).map(([name]) => name),
  );
  for (let before = -1; before !== changing.size; ) {
    before = changing.size;
    for (const [name, body] of declarations) {
      if ([...changing].some((changed) => new RegExp(`\\b${changed}\\(`).test(body))) changing.add(name);
    }
  }
  const getters = [...declarations]
    .filter(([, body]) => /= defineCollection\b/.test(body))
    .map(([name]) => name);
  return { changing, getters };
}

/** The names that a file imports from a module of mongo/; types left out. A dynamic import may use each name it mentions. */
function readImports(file: string, text: string, module: string): readonly string[] {
  const path = relative(dirname(file), `mongo/${module}.ts`);
  const specifier = RegExp.escape(
    !file.startsWith('mongo/') ? `#mongo/${module}.ts` : path.startsWith('.') ? path : `./${path}`,
  );
  const named = new RegExp(`(?:import|export)\\s+(type\\s+)?\\{([^}]*)\\}\\s*from\\s*'${specifier}'`, 'g');
  const names = [...text.matchAll(named)].flatMap(([, type, list = '']) => (type ? [] : list.split(',')));
  if (new RegExp(`import\\(\\s*'${specifier}'`).test(text)) {
    names.push(...readDeclarations(read(`mongo/${module}.ts`)).keys());
  }
  return names
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(' as ')[0] ?? name);
}

/** Whether a text changes records that it reaches through one of the getters: called in place, or kept in a variable. */
function changesThrough(text: string, getters: readonly string[]): boolean {
  return getters.some((getter) => {
    const kept = [...text.matchAll(new RegExp(`const (\\w+) = ${getter}\\(`, 'g'))].map(([, name]) => name);
    const inPlace = new RegExp(`\\b${getter}\\([^()]*(?:\\([^()]*\\)[^()]*)*\\)\\s*${writeCall.source}`);
    return (
      inPlace.test(text) || kept.some((name) => new RegExp(`\\b${name}\\s*${writeCall.source}`).test(text))
    );
  });
}

/** Every model's getter, for calls that belong to another collection. */
const allGetters = collections.flatMap((name) => readExports(read(`mongo/${name}.ts`)).getters);

/** What a file does to the records of a collection, as far as its text shows; undefined: nothing. */
function readUse(file: string, text: string, collection: string): 'reads' | 'writes' | undefined {
  const imported = readImports(file, text, collection);
  if (imported.length === 0) return undefined;
  const { changing, getters } = readExports(read(`mongo/${collection}.ts`));
  const used = getters.filter((getter) => imported.includes(getter));
  const changed = imported.some((name) => changing.has(name) && new RegExp(`\\b${name}\\b`).test(text));
  if (changed || changesThrough(text, used)) return 'writes';
  // A change through a collection of the driver or a group of writes: of any collection that the file uses.
  const isBehind = used.length > 0 && (writeCall.test(text) || /GroupWrites\b/.test(text));
  return isBehind && !changesThrough(text, allGetters) ? 'writes' : 'reads';
}

const isIn = (paths: readonly string[], file: string) =>
  paths.some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path));

/** What a file does beyond what the table grants it. */
function findTrespass(file: string, text: string): readonly string[] {
  return Object.entries(collectionAccess).flatMap(([collection, { writers, readers }]) => {
    const use = file === `mongo/${collection}.ts` ? undefined : readUse(file, text, collection);
    const granted = use === 'writes' ? writers : [...writers, ...readers];
    return use === undefined || isIn(granted, file) ? [] : [`${file} ${use} ${collection}`];
  });
}

describe('the access to collections', () => {
  it('names each module of mongo/ once, as a collection or as a helper', () => {
    expect(Object.keys(collectionAccess).sort()).toEqual(collections.sort());
    expect([...Object.keys(helperUsers), ...collections, ...machinery].sort()).toEqual(modules.sort());
  });

  it('lets only writers change records, and only readers and writers see them', () => {
    expect(files.flatMap((file) => findTrespass(file, read(file)))).toEqual([]);
  });

  it('finds a reader that writes, and a stranger that reads', () => {
    const catalog = "import { models } from '#mongo/models.ts';\n";
    const reader = 'catalog/catalog-snapshot.ts';
    expect(findTrespass(reader, `${catalog}await models(connection).find().lean();`)).toEqual([]);
    for (const write of [
      'await models(connection).updateOne({ _id }, update);',
      'await models(open()).deleteMany({});',
      'const model = models(connection);\nawait model.create(record);',
    ]) {
      expect(findTrespass(reader, catalog + write)).toEqual([`${reader} writes models`]);
    }
    const stranger = 'subgraphs/usage/loaders.ts';
    expect(findTrespass(stranger, catalog)).toEqual([`${stranger} reads models`]);
    const bump = "import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';\n";
    expect(findTrespass('catalog/catalog.ts', bump)).toEqual(['catalog/catalog.ts writes catalog-revisions']);
  });

  it('grants nothing that is not used', () => {
    const unused = Object.entries(collectionAccess).flatMap(([collection, { writers, readers }]) => {
      const uses = files.map((file) => ({ file, use: readUse(file, read(file), collection) }));
      const idle = (paths: readonly string[], wanted: 'reads' | 'writes') =>
        paths.filter((path) => !uses.some(({ file, use }) => use === wanted && isIn([path], file)));
      return [
        ...idle(writers, 'writes').map((path) => `${path} does not write ${collection}`),
        ...idle(readers, 'reads').map((path) => `${path} does not read ${collection}`),
      ];
    });
    expect(unused).toEqual([]);
  });

  it('lets only their users import the helpers', () => {
    const broken = Object.entries(helperUsers).flatMap(([helper, users]) =>
      files
        .filter((file) => readImports(file, read(file), helper).length > 0 && !isIn(users, file))
        .map((file) => `${file} imports mongo/${helper}.ts`),
    );
    expect(broken).toEqual([]);
  });
});
