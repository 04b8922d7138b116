import { judgedAt } from './chains.ts'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
const day = 86_400

/** Versions of the platform of the tests: 16 components of the processor, the provisioning enclave, 16 of TDX. */
export const cpuSvns = [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]
export const pceSvn = 13
export const tdxSvns = [5, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
export const fmspc = '00906ED50000'
export const enclaveSvn = 4

export type Level = {
  tcb: {
    sgxtcbcomponents: { svn: number }[]
    pcesvn: number
    tdxtcbcomponents: { svn: number }[]
  }
  tcbDate: string
  tcbStatus: string
  advisoryIDs?: string[]
}
export type SvnLevel = {
  tcb: { isvsvn: number }
  tcbDate: string
  tcbStatus: string
  advisoryIDs?: string[]
}
type Signer = { mrsigner: string; attributes: string; attributesMask: string }

const components = (svns: readonly number[]) => svns.map((svn) => ({ svn }))
const dates = { issueDate: iso(judgedAt - day), nextUpdate: iso(judgedAt + 29 * day) }
const signer: Signer = {
  mrsigner: '00'.repeat(48),
  attributes: '0000000000000000',
  attributesMask: 'FFFFFFFFFFFFFFFF',
}

/** TCB info as Intel gives it: the platform is at the highest level, with another one below it. */
export function tcbInfo() {
  const level = (status: string, less: number, advisoryIDs?: string[]): Level => ({
    tcb: {
      sgxtcbcomponents: components(cpuSvns.map((svn) => Math.max(0, svn - less))),
      pcesvn: pceSvn - less,
      tdxtcbcomponents: components(tdxSvns.map((svn) => Math.max(0, svn - less))),
    },
    tcbDate: '2026-02-11T00:00:00Z',
    tcbStatus: status,
    ...(advisoryIDs && { advisoryIDs }),
  })
  return {
    id: 'TDX',
    version: 3,
    ...dates,
    fmspc,
    pceId: '0000',
    tcbType: 0,
    tcbEvaluationDataNumber: 19,
    tdxModule: { ...signer },
    tdxModuleIdentities: [
      {
        id: 'TDX_01',
        ...signer,
        tcbLevels: [
          { tcb: { isvsvn: 5 }, tcbDate: '2026-02-11T00:00:00Z', tcbStatus: 'UpToDate' },
          {
            tcb: { isvsvn: 3 },
            tcbDate: '2025-02-11T00:00:00Z',
            tcbStatus: 'OutOfDate',
            advisoryIDs: ['INTEL-SA-00002'],
          },
        ] as SvnLevel[],
      },
    ],
    tcbLevels: [level('UpToDate', 0), level('OutOfDate', 1, ['INTEL-SA-00001'])],
  }
}

/** The identity of the quoting enclave as Intel gives it. */
export function qeIdentity() {
  return {
    id: 'TD_QE',
    version: 2,
    ...dates,
    tcbEvaluationDataNumber: 19,
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: '11000000000000000000000000000000',
    attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
    mrsigner: 'DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5',
    isvprodid: 2,
    tcbLevels: [
      { tcb: { isvsvn: enclaveSvn }, tcbDate: '2026-02-11T00:00:00Z', tcbStatus: 'UpToDate' },
      {
        tcb: { isvsvn: 2 },
        tcbDate: '2025-02-11T00:00:00Z',
        tcbStatus: 'OutOfDate',
        advisoryIDs: ['INTEL-SA-00003'],
      },
    ] as SvnLevel[],
  }
}
