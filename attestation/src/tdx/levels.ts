import { demand } from '../judging/judge.ts'
import type { Platform } from './platform.ts'
import { agrees } from './qe-identity.ts'
import type { TdReport } from './quote.ts'
import type { ModuleSigner, PlatformLevel, SvnLevel, TcbInfo } from './tcb-info.ts'

/**
 * Checks that the TDX module is Intel's. Later modules have identities and levels of their own, by the version that the second
 * component of the TCB names; the first one, which has version 0, is judged with the platform alone.
 *
 * @returns the level of a later module.
 */
export function checkModule(report: TdReport, info: TcbInfo): SvnLevel | undefined {
  const [svn, version] = report.teeTcbSvn as unknown as [number, number]
  if (version === 0) {
    checkSigner(report, info.module)
    return undefined
  }
  const id = `TDX_${version.toString(16).padStart(2, '0').toUpperCase()}`
  const module = info.modules.get(id)
  demand(module !== undefined, 'tdxModule', `its TDX module is ${id}, which is not known`)
  checkSigner(report, module)
  const level = module.levels.find((it) => it.svn <= svn)
  demand(level !== undefined, 'tdxModule', `its TDX module ${id} is too old: ${svn}`)
  return level
}

function checkSigner(report: TdReport, module: ModuleSigner): void {
  const signer = Buffer.from(report.mrSignerSeam).toString('hex')
  demand(signer === module.mrSigner, 'tdxModule', 'its TDX module is signed by somebody else')
  const fits = agrees(report.seamAttributes, module.attributes, module.attributesMask)
  demand(fits, 'tdxModule', 'its TDX module has other attributes')
}

/** The first level, the highest, that a platform has reached in everything. */
export function levelOf(platform: Platform, report: TdReport, info: TcbInfo): PlatformLevel {
  const { teeTcbSvn } = report
  // The first two are those of a later module, which is judged by itself.
  const from = teeTcbSvn[1] === 0 ? 0 : 2
  const level = info.levels.find(
    ({ cpuSvns, pceSvn, tdxSvns }) =>
      platform.pceSvn >= pceSvn &&
      cpuSvns.every((svn, i) => platform.cpuSvns[i]! >= svn) &&
      tdxSvns.every((svn, i) => i < from || teeTcbSvn[i]! >= svn),
  )
  demand(level !== undefined, 'tcbLevel', 'its platform is below all levels that Intel knows')
  return level
}
