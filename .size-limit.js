/** Loaded by `import()` when they are first used, by those alone who use them; each is measured by itself. */
const relay = 'sdk/src/settle/relay.ts'
const contents = 'sdk/src/store/file-content-store.ts'
const restoring = 'sdk/src/settle/restore-dropped.ts'
const theft = 'sdk/src/settle/theft.ts'

/** What `import { createRecorder }` brings into a bundle; viem, which is the application's own, not counted. */
const recorder = {
  path: 'sdk/src/index.ts',
  import: '{ createRecorder }',
  ignore: ['viem', `./${relay}`, `./${contents}`, `./${restoring}`, `./${theft}`],
  gzip: true,
  limit: '40 kB',
}

/** What verifying brings, all in, viem included: a page in a browser has none. */
const verification = {
  path: 'sdk/src/verify/index.ts',
  import: '*',
  gzip: true,
  limit: '45 kB',
}

export default [
  {
    ...recorder,
    name: 'createRecorder, Node',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
  },
  {
    ...recorder,
    name: 'createRecorder, edge and browsers',
    modifyEsbuildConfig: (config) => ({
      ...config,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
    }),
  },
  {
    // With what of the recorder it uses.
    ...recorder,
    name: 'relay, loaded when first used',
    path: relay,
    import: '{ relay }',
    ignore: ['viem'],
    limit: '12 kB',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
  },
  {
    ...recorder,
    name: 'fileContentStore, loaded when first used',
    path: contents,
    import: '{ fileContentStore }',
    ignore: ['viem'],
    limit: '4 kB',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
  },
  {
    ...recorder,
    name: 'settling again what was taken back, loaded when first used',
    path: restoring,
    import: '{ restoreDropped }',
    ignore: ['viem'],
    limit: '1 kB',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
  },
  {
    ...recorder,
    name: 'noticing that somebody else settled, loaded when first used',
    path: theft,
    import: '{ theftOf }',
    ignore: ['viem'],
    limit: '1 kB',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
  },
  {
    name: '@assay/sdk/cose, browsers',
    path: 'sdk/src/cose/index.ts',
    ignore: ['viem'],
    gzip: true,
    limit: '25 kB',
    modifyEsbuildConfig: (config) => ({
      ...config,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['browser'],
    }),
  },
  {
    ...verification,
    name: 'verification, Node',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }),
  },
  {
    ...verification,
    name: 'verification, browsers',
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'browser' }),
  },
  {
    // With the signatures of S3, the reader and the handler.
    ...recorder,
    name: 'all of @assay/sdk/stores, edge and browsers',
    path: 'sdk/src/stores/index.ts',
    import: '*',
    limit: '16 kB',
    modifyEsbuildConfig: (config) => ({
      ...config,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
    }),
  },
]
