#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { findBundled } from './bundle.ts';

// Beside the packages, where no other user writes: compiled code is trusted as it is found. `npm start` names it before, so that
// the types of this file are stripped once, and not at each start.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/heddle', import.meta.url)));

const bundle = findBundled('cli/run-command.ts');
await (bundle === undefined ? import('./run-command.ts') : import(bundle));
