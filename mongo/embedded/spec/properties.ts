import fc from 'fast-check';
import { seedFrom } from './random.ts';

const seed = seedFrom(process.env.HEDDLE_TEST_SEED);
console.log(`properties: HEDDLE_TEST_SEED=${seed}`);
// fast-check would take another seed in each run: what failed once could not be run again.
fc.configureGlobal({ seed });

export { fc };
