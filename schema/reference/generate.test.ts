import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from '../api-schema.ts';
import { composeCheckout } from '../compose.ts';
import { findStaleFiles, readGenerated } from '../types/generated-files.ts';
import { describePolicy, generateReference, toCell } from './generate.ts';

const composed = composeCheckout();
const reference = generateReference(composed);
const lines = reference.text.split('\n');

describe('the GraphQL reference', () => {
  it('is committed as the supergraph generates it', () => {
    expect(findStaleFiles([reference], readGenerated)).toEqual([]);
  });

  it('has every type, field, argument and value that clients see', () => {
    const missing: string[] = [];
    const expectRow = (section: readonly string[], type: string, name: string) => {
      if (!section.some((line) => line.startsWith(`| \`${name}\` |`))) missing.push(`${type}.${name}`);
    };
    for (const type of Object.values(buildApiSchema(composed).getTypeMap())) {
      if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name))
        continue;
      const begin = lines.indexOf(`### ${type.name}`);
      if (begin < 0) missing.push(type.name);
      const length = lines.slice(begin + 1).findIndex((line) => line.startsWith('#'));
      const section = lines.slice(begin, length < 0 ? undefined : begin + 1 + length);
      if (isEnumType(type)) for (const { name } of type.getValues()) expectRow(section, type.name, name);
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        expectRow(section, type.name, field.name);
        if (!('args' in field)) continue;
        for (const { name } of field.args) expectRow(section, type.name, `${field.name}(${name}:)`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('shows nothing of Federation', () => {
    expect(reference.text).not.toMatch(/join__|link__|_entities|_service|_Any/);
  });

  it('links each type to a section whose name is unique on the page', () => {
    const anchors = lines
      .filter((line) => line.startsWith('#'))
      .map((line) => line.replace(/^#+ /, '').toLowerCase());
    expect(anchors).toHaveLength(new Set(anchors).size);
    const linked = [...reference.text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(linked.length).toBeGreaterThan(100);
    expect(linked.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  it('states the scopes, meters and cost of an operation', () => {
    expect(lines.find((line) => line.startsWith('| `complete` |'))).toMatch(
      /Requires `inference:invoke`\. Metered by REQUESTS, TOKENS, COST, CONCURRENCY\. Cost 10\./,
    );
  });

  it.each([
    [{ scopes: [['a:read'], ['b:read']] }, 'Requires `a:read` or `b:read`.'],
    [{ scopes: [['a:read', 'b:read']] }, 'Requires `a:read` and `b:read`.'],
  ])('distinguishes scopes of which one is enough from those that are needed together', (given, sentence) => {
    const directives = new Map([
      ['authenticated', [{}]],
      ['requiresScopes', [given]],
    ]);
    expect(describePolicy(directives)).toEqual([sentence]);
    expect(describePolicy(new Map([['authenticated', [{}]]]))).toEqual(['Requires authentication.']);
    expect(describePolicy(undefined)).toEqual([]);
  });

  it('keeps descriptions within their cell, without beginning HTML', () => {
    expect(toCell('A | B\n  <name>, or `<code>`. ')).toBe('A \\| B &lt;name>, or `<code>`.');
  });
});
