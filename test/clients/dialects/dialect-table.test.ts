import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { chatWires } from './chat-wires.ts';
import { type Dialect, dialects } from './dialects.ts';
import { features } from './features.ts';
import {
  type Cell,
  type Column,
  measureCancel,
  measureCell,
  measureFailure,
  measureSignedReasoning,
  measureStream,
} from './measure-cell.ts';
import { renderPage } from './render-page.ts';
import { addUpstreamModel, openUpstream } from './upstream-server.ts';
import { vendorWires } from './vendor-wires.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
const columns: Column[] = [];
beforeAll(async () => {
  for (const wire of [...chatWires, ...vendorWires]) {
    const upstream = stack.use(await openUpstream(wire));
    const model = await addUpstreamModel(mesh, wire, upstream);
    columns.push({ name: wire.name, model, wire, upstream });
  }
  columns.push({ name: 'DEMO', model: 'demo/echo', wire: null, upstream: null });
}, 120_000);
afterAll(() => stack.disposeAsync());

type Measure = (column: Column, dialect: Dialect) => Promise<Cell>;
const whole: readonly (readonly [name: string, measure: Measure])[] = [
  ['signed reasoning sent back', (column, dialect) => measureSignedReasoning(mesh, column, dialect)],
  ['streamed text', (column, dialect) => measureStream(mesh, column, dialect)],
  [
    'an error in the middle of a stream',
    (column, dialect) => measureFailure(mesh, column, dialect, 'BROKEN'),
  ],
  ['a stream that is cut', (column, dialect) => measureFailure(mesh, column, dialect, 'CUT')],
  ['cancellation when the client leaves', (column, dialect) => measureCancel(mesh, column, dialect)],
];

/** A feature, whole and streamed. Where both end otherwise, the cell has both. */
const measureBoth =
  (feature: (typeof features)[number]): Measure =>
  async (column, dialect) => {
    const [answered, streamed] = [
      await measureCell(mesh, column, dialect, feature, false),
      await measureCell(mesh, column, dialect, feature, true),
    ];
    if (answered.outcome === streamed.outcome) return answered;
    return answered.outcome === 'lost'
      ? answered
      : {
          ...streamed,
          detail: `streamed only: ${streamed.outcome}, whole: ${answered.outcome} ${streamed.detail}`,
          outcome: 'lost',
        };
  };
const rows: readonly (readonly [name: string, measure: Measure])[] = [
  ...features.map((feature) => [feature.name, measureBoth(feature)] as const),
  ...whole,
];

const pages = new Map<string, readonly (readonly [name: string, cells: readonly Cell[]])[]>();

describe.each(dialects)('$name', (dialect) => {
  it('loses nothing silently on any wire format: it is sent, refused, or named as dropped', async () => {
    const byColumn = await Promise.all(
      columns.map(async (column) => {
        const cells: Cell[] = [];
        for (const [, measure] of rows) cells.push(await measure(column, dialect));
        return cells;
      }),
    );
    const table = rows.map(([name], at) => [name, byColumn.map((cells) => cells[at] as Cell)] as const);
    pages.set(dialect.name, table);
    const lost = table.flatMap(([name, cells]) =>
      cells.flatMap(({ outcome, detail }, at) =>
        outcome === 'lost' ? [`${name} on ${columns[at]?.name}: ${detail}`] : [],
      ),
    );
    expect(lost).toEqual([]);
  }, 120_000);
});

it('docs/dialects.md has the table as it was measured: with -u it is written anew', async () => {
  const text = renderPage(
    columns.map(({ name }) => name),
    pages,
  );
  await expect(text).toMatchFileSnapshot('../../../docs/dialects.md');
});
