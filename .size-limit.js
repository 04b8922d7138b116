/** What `import { createRecorder }` brings into a bundle; viem, which is the application's own, not counted. */
const recorder = {
  path: 'sdk/src/index.ts',
  import: '{ createRecorder }',
  ignore: ['viem'],
  gzip: true,
  limit: '40 kB',
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
    limit: '20 kB',
    modifyEsbuildConfig: (config) => ({
      ...config,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['browser'],
    }),
  },
]
