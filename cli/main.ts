#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { findBundle } from './bundle.ts';

// Beside the packages, where no other user writes: compiled code is trusted as it is found.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/heddle', import.meta.url)));

const bundle = findBundle();
await (bundle === undefined ? import('./run-command.ts') : import(bundle));
