import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { listClientTools, toGraphName } from './client-tools.ts';

describe('the name in the graph of a tool in a namespace', () => {
  it.each([
    ['js', 'mcp__node_repl', 'mcp__node_repl__js'],
    ['js', 'mcp__node_repl__', 'mcp__node_repl__js'],
    ['shell', 'functions', 'shell'],
    ['shell', '', 'shell'],
    ['shell', undefined, 'shell'],
  ])('of %s in %s is %s', (name, namespace, expected) => {
    expect(toGraphName(name, namespace)).toBe(expected);
  });

  it('is one that every provider takes, and of this tool alone', () => {
    const text = fc.string({ minLength: 1, maxLength: 80, unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (namespace, one, other) => {
        const names = [one, other].map((name) => toGraphName(name, `9${namespace}`));
        for (const name of names) expect(name).toMatch(/^[A-Za-z_][\w-]{0,63}$/);
        expect(names[0] === names[1]).toBe(one === other);
      }),
    );
  });
});

describe('tools of a request', () => {
  it('are found by the names of the graph, and functions need none', () => {
    const tools = [
      { type: 'function', name: 'shell' },
      { type: 'custom', name: 'apply_patch' },
      {
        type: 'namespace',
        name: 'a',
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'g' },
        ],
      },
      { type: 'namespace', name: 'b', tools: [{ type: 'function', name: 'f', defer_loading: true }] },
      { type: 'web_search' },
      null,
    ];
    expect(Object.fromEntries(listClientTools(tools))).toEqual({
      apply_patch: { name: 'apply_patch', isCustom: true },
      a__f: { name: 'f', namespace: 'a', isCustom: false },
      a__g: { name: 'g', namespace: 'a', isCustom: true },
    });
  });
});
