import { Double, Int32, Long, ObjectId } from 'bson';
import { describe, expect, it } from 'vitest';
import type { Operation } from './format.ts';
import { type MatchContext, match } from './match.ts';
import { disagreements, type NamedVerdict } from './report.ts';
import { compareVersions, type ServerFacts, whyNotRunnable } from './requirements.ts';

const context: MatchContext = { entity: () => 7, sessionId: () => ({ id: 'lsid' }) };
const matches = (actual: unknown, expected: unknown): boolean => {
  try {
    match(context, actual, expected);
    return true;
  } catch {
    return false;
  }
};

describe('matching, by the rules of the unified test format', () => {
  it('allows further keys at the root and in the documents of a root array, not deeper', () => {
    expect(matches({ a: 1, b: 2 }, { a: 1 })).toBe(true);
    expect(matches([{ a: 1, b: 2 }], [{ a: 1 }])).toBe(true);
    expect(matches({ a: { b: 1, c: 2 } }, { a: { b: 1 } })).toBe(false);
    expect(matches([{ a: 1 }, { a: 2 }], [{ a: 1 }])).toBe(false);
  });

  it('compares numbers by value and nothing else across types', () => {
    for (const one of [1, new Int32(1), Long.fromNumber(1), new Double(1), 1n])
      expect(matches(one, 1)).toBe(true);
    expect(matches('1', 1)).toBe(false);
    expect(matches(true, 1)).toBe(false);
    expect(matches(null, undefined)).toBe(false);
    const id = new ObjectId();
    expect(matches(id, new ObjectId(id.toHexString()))).toBe(true);
    expect(matches(id, new ObjectId())).toBe(false);
  });

  it('knows the special operators', () => {
    expect(matches({}, { a: { $$exists: false } })).toBe(true);
    expect(matches({ a: null }, { a: { $$exists: false } })).toBe(false);
    expect(matches({}, { a: { $$unsetOrMatches: 1 } })).toBe(true);
    expect(matches({ a: 2 }, { a: { $$unsetOrMatches: 1 } })).toBe(false);
    expect(matches({ a: 2 }, { a: { $$type: ['string', 'int'] } })).toBe(true);
    expect(matches({ a: 2.5 }, { a: { $$type: 'int' } })).toBe(false);
    expect(matches({ a: 7 }, { a: { $$matchesEntity: 'seven' } })).toBe(true);
    expect(matches({ lsid: { id: 'lsid' } }, { lsid: { $$sessionLsid: 'session0' } })).toBe(true);
    expect(matches({ a: Buffer.from('0aff', 'hex') }, { a: { $$matchesHexBytes: '0AFF' } })).toBe(true);
    expect(() => match(context, 1, { $$unheardOf: 1 })).toThrow('does not know');
  });
});

describe('what is runnable', () => {
  const facts: ServerFacts = {
    topology: 'replicaset',
    version: '7.0.12',
    maxWireVersion: 21,
    failPoints: ['failCommand'],
    auth: false,
    secondaries: false,
  };
  const why = (requirement: object | undefined, operations: Operation[] = []) =>
    whyNotRunnable(
      {
        name: '',
        description: '',
        schemaVersion: '1.0',
        tests: [],
        ...(requirement && { runOnRequirements: [requirement] }),
      },
      { description: '', operations },
      facts,
    );

  it('is decided from what the server reports of itself', () => {
    expect(why(undefined)).toBeUndefined();
    expect(why({ minServerVersion: '7.0', maxServerVersion: '7.99' })).toBeUndefined();
    expect(why({ minServerVersion: '8.0' })).toBe('needs server 8 or newer');
    expect(why({ topologies: ['sharded'] })).toBe('needs topology sharded');
    expect(why({ auth: true })).toBe('needs authentication');
    const failPoint = (configureFailPoint: string) => [
      { name: 'failPoint', object: 'testRunner', arguments: { failPoint: { configureFailPoint } } },
    ];
    expect(why(undefined, failPoint('failCommand'))).toBeUndefined();
    expect(why(undefined, failPoint('anotherOne'))).toBe('needs the fail point anotherOne');
  });

  it('compares versions number by number', () => {
    expect(compareVersions('7.0.12', '7.0.9')).toBeGreaterThan(0);
    expect(compareVersions('7.0', '7.0.0')).toBe(0);
    expect(compareVersions('10.0', '9.9')).toBeGreaterThan(0);
  });
});

it('finds both a failure that is not listed and a listed one that passes', () => {
  const verdict = (name: string, status: 'passed' | 'failed'): NamedVerdict => ({
    suite: 's',
    name,
    ms: 1,
    verdict: status === 'passed' ? { status } : { status, reason: 'broken' },
  });
  const verdicts = [verdict('a', 'passed'), verdict('b', 'failed'), verdict('c', 'failed')];
  expect(disagreements(verdicts, { failed: { a: 'once', c: 'still' }, refused: {} })).toEqual([
    'failed, and not listed so: b\n    broken',
    'listed as failed, and is not: a',
  ]);
});
