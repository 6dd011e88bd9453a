import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { AudioBuilder } from './audio-builder.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

it('puts together audio that comes in parts, each base64 of its own', () => {
  fc.assert(
    fc.property(fc.array(bytes), (parts) => {
      const builder = new AudioBuilder();
      for (const part of parts) builder.add({ type: 'audio', data: Buffer.from(part).toString('base64') });
      const whole = Buffer.concat(parts.map((part) => Buffer.from(part)));
      expect(builder.build().data).toBe(whole.toString('base64'));
    }),
  );
});

it('puts together one text in base64 that is cut anywhere', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60)), (given, cuts) => {
      const data = Buffer.from(given).toString('base64');
      const places = [0, ...cuts.map((cut) => Math.min(cut, data.length)), data.length].toSorted(
        (a, b) => a - b,
      );
      const builder = new AudioBuilder();
      for (const [at, place] of places.entries())
        builder.add({ type: 'audio', data: data.slice(places[at - 1] ?? 0, place) });
      // A text that is cut inside its padding ends twice; what is behind decodes to nothing.
      expect(builder.build().data).toBe(data);
    }),
  );
});
