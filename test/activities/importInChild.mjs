// A process that imports generated leads and says its import's id after the first chunk, so that it can be killed.
import { importLeads } from '../../dist/activities/intake/imports.js';
import { newId } from '../../dist/db/ids.js';
import { openPool } from '../../dist/db/pool.js';

const [url, actorId, count] = process.argv.slice(2);
const importId = newId('import');
async function* rows() {
  yield 'id,on,page,origin,name,email,phone,country\n';
  for (let i = 0; i < Number(count); i++) yield `m${i},2018-02-01,/p,web,,,,\n`;
}
await importLeads({
  db: openPool(url, { max: 4, applicationName: 'import-child' }),
  actorId,
  importId,
  rows: rows(),
  mapping: {
    channel: { column: 'origin', values: { web: 'website' } },
    externalId: { column: 'id' },
    occurredAt: { column: 'on', format: 'date' },
    landingPage: { column: 'page' },
    interest: { constant: 'a shop' },
    contact: { language: { constant: 'es' } },
  },
  dryRun: false,
  nowMs: Date.now(),
  onProgress: () => console.log(JSON.stringify({ importId })),
});
process.exit(0);
