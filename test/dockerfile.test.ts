import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sourceFolders } from '#test/support/source-folders.ts';

const root = resolve(import.meta.dirname, '..');

describe('Dockerfile', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');

  it('is built in stages and runs as an unprivileged user', () => {
    expect(text.match(/^FROM /gm)?.length).toBeGreaterThan(1);
    const users = [...text.matchAll(/^USER (\S+)/gm)].map((match) => match[1]);
    expect(users.at(-1)).toBe('node');
  });

  it('copies only what exists, and everything that the server imports', () => {
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      (match[1] ?? '').split(' '),
    );
    for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
    for (const part of sourceFolders) {
      expect(copied).toContain(part);
    }
  });
});

describe('the packages of the image', () => {
  const { packages } = z
    .object({
      packages: z.record(
        z.string(),
        z.object({
          license: z.string().optional(),
          dev: z.boolean().optional(),
          link: z.boolean().optional(),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));

  it('have licenses that let them be passed on', () => {
    // ibantools states its choice in its own words.
    const free =
      /^MIT or MPL-2\.0$|^\(?(MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|AFL-2\.1)( (AND|OR) (MIT|BSD-3-Clause))?\)?$/;
    const installed = Object.entries(packages).filter(
      ([name, { dev, link }]) => name.startsWith('node_modules/') && dev !== true && link !== true,
    );
    expect(installed.length).toBeGreaterThan(50);
    const others = installed.filter(([, { license }]) => !free.test(license ?? ''));
    expect(others).toEqual([]);
  });

  it('come with a license of ours, a notice, and where to report a fault', () => {
    for (const name of ['LICENSE', 'NOTICE', 'SECURITY.md']) expect(existsSync(join(root, name))).toBe(true);
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^COPY .*LICENSE NOTICE/m);
  });
});
