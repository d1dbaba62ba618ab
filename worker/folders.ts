import { join } from 'node:path';

/** Where what the product writes beside the database lies, under the state folder. */
export const foldersOf = (stateDir: string) => ({
  mails: join(stateDir, 'mails'),
  checkpoints: join(stateDir, 'checkpoints'),
  histories: join(stateDir, 'histories'),
});
