import { mergeConfig } from 'vitest/config';
import { findUnitTests } from './test/support/unit-tests.ts';
import everyTest from './vitest.config.ts';

/** `npm run test:unit`: the tests of one thread alone. They share their modules, which takes most of the time otherwise. */
const config = mergeConfig(everyTest, { test: { isolate: false } });
config.test.include = findUnitTests();
export default config;
