export * from './errors/base.ts'
export * from './errors/input.ts'
export * from './formats/index.ts'
