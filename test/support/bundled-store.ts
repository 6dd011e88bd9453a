import { storeThread } from '@heddle/embedded-store/store-thread';
import { findBundled } from '#cli/bundle.ts';

// Tests open more than a thousand stores.
storeThread.entry = findBundled('mongo/embedded/serve.ts') ?? storeThread.entry;
