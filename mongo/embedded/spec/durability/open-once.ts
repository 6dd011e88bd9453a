import { openStore } from '../../store.ts';

/** Child process: opens the store of a directory and says how that went, in one line. */
const [dir = ''] = process.argv.slice(2);
try {
  const store = await openStore({ dir });
  await store.close();
  console.log('opened');
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
}
