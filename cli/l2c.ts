// `l2c` where nothing has to be installed or built: an image for production carries dist/ and no scripts.
import { main } from './main.js';

process.exitCode = await main(process.argv.slice(2));
