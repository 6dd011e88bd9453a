import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { SUITES, specsFolder } from './locate.ts';
import { formatReport, type NamedVerdict, runSuite } from './report.ts';
import { askServer } from './requirements.ts';

/**
 * Runs the specification tests by hand against any server:
 * `npx node mongo/embedded/spec/unified/main.ts <mongodb url> [suite …]`
 */
async function main([uri, ...suites]: string[]): Promise<void> {
  if (uri === undefined) throw new Error('usage: main.ts <mongodb url> [suite …]');
  const folder = specsFolder();
  if (folder === undefined)
    throw new Error('no specification tests found; MONGO_SPECS_DIR says where they are');
  const inner = new MongoClient(uri);
  try {
    const facts = await askServer(inner);
    console.log(JSON.stringify(facts));
    const verdicts: NamedVerdict[] = [];
    for (const suite of suites.length > 0 ? suites : SUITES) {
      verdicts.push(...(await runSuite(uri, inner, facts, suite, join(folder, suite))));
    }
    for (const { name, verdict, ms } of verdicts) {
      if (ms > 1_000) console.log(`SLOW ${name}: ${ms.toFixed(0)} ms`);
      if (verdict.status === 'failed' || verdict.status === 'refused') {
        console.log(`${verdict.status.toUpperCase()} ${name}\n    ${verdict.reason}`);
      }
    }
    console.log(formatReport(verdicts));
  } finally {
    await inner.close();
  }
}

await main(process.argv.slice(2));
