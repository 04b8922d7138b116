import { expect, test } from 'vitest'
import { StopBuffer } from '../../../examples/quickstart/src/stop-buffer.ts'

test('a stop buffer holds back only what may become a stop text', () => {
  const buffer = new StopBuffer(['END'])
  buffer.add('so E')
  expect(buffer.release()).toBe('so ')
  buffer.add('asy')
  expect(buffer.release()).toBe('Easy')
  buffer.add(' EN')
  expect(buffer.release()).toBe(' ')
  buffer.add('D of it')
  expect(buffer.stopped).toBe(true)
  expect(buffer.release() + buffer.flush()).toBe('')
})
