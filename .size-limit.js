/** What `import { createRecorder }` brings into a bundle; viem, which is the application's own, not counted. */
const recorder = {
  path: 'sdk/src/index.ts',
  import: '{ createRecorder }',
  ignore: ['viem'],
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
]
