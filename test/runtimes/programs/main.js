import { recordInferences } from './inferences.js'

// Nothing is shut down: a script that is done ends by itself.
console.log(JSON.stringify(await recordInferences(process.argv[2])))
