import fc from 'fast-check';
import { printedSeed } from './random.ts';

// fast-check would take another seed in each run: what failed once could not be run again.
fc.configureGlobal({ seed: printedSeed('properties') });

export { fc };
