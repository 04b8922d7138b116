import { MalformedError } from '../judging/errors.ts'
import {
  asObject,
  hexText,
  type Json,
  listOf,
  numberOf,
  readJson,
  secondsOf,
  textOf,
} from './json.ts'
import { type TcbStatus, tcbStatusOf } from './tcb-status.ts'

/** Who signed a TDX module, and what its attributes have to be. Hex without 0x. */
export type ModuleSigner = { mrSigner: string; attributes: string; attributesMask: string }

/** Versions that a part has to have reached for a status. */
export type SvnLevel = { svn: number; status: TcbStatus; advisories: readonly string[] }

/** A level of a platform. */
export type PlatformLevel = {
  cpuSvns: readonly number[]
  tdxSvns: readonly number[]
  pceSvn: number
  status: TcbStatus
  /** Unix seconds: what is known up to then is mended at this level. */
  date: number
  advisories: readonly string[]
}

/** What Intel says of a platform and its TDX module (TCB info, version 3). */
export type TcbInfo = {
  issuedAt: number
  nextUpdate: number
  evaluationNumber: number
  fmspc: string
  pceId: string
  /** Of modules whose version is 0. */
  module: ModuleSigner
  /** Of later modules, by their ids. */
  modules: ReadonlyMap<string, ModuleSigner & { levels: readonly SvnLevel[] }>
  levels: readonly PlatformLevel[]
}

/** Reads TCB info. Throws MalformedError. */
export function readTcbInfo(text: string): TcbInfo {
  const info = readJson(text)
  if (info.id !== 'TDX' || info.version !== 3) throw new MalformedError('is not of TDX, version 3')
  const modules = new Map<string, ModuleSigner & { levels: readonly SvnLevel[] }>()
  for (const module of listOf(info.tdxModuleIdentities ?? [])) {
    modules.set(textOf(module.id), { ...readSigner(module), levels: readSvnLevels(module) })
  }
  return {
    issuedAt: secondsOf(info.issueDate),
    nextUpdate: secondsOf(info.nextUpdate),
    evaluationNumber: numberOf(info.tcbEvaluationDataNumber),
    fmspc: hexText(info.fmspc, 6),
    pceId: hexText(info.pceId, 2),
    module: readSigner(asObject(info.tdxModule)),
    modules,
    levels: listOf(info.tcbLevels).map(readLevel),
  }
}

/** Reads levels of one version each, the highest first. */
export function readSvnLevels(part: Json): SvnLevel[] {
  return listOf(part.tcbLevels).map((level) => ({
    svn: numberOf(asObject(level.tcb).isvsvn),
    status: tcbStatusOf(level.tcbStatus),
    advisories: readAdvisories(level),
  }))
}

function readSigner(module: Json): ModuleSigner {
  return {
    mrSigner: hexText(module.mrsigner, 48),
    attributes: hexText(module.attributes, 8),
    attributesMask: hexText(module.attributesMask, 8),
  }
}

function readLevel(level: Json): PlatformLevel {
  const tcb = asObject(level.tcb)
  return {
    cpuSvns: readComponents(tcb.sgxtcbcomponents),
    tdxSvns: readComponents(tcb.tdxtcbcomponents),
    pceSvn: numberOf(tcb.pcesvn),
    status: tcbStatusOf(level.tcbStatus),
    date: secondsOf(level.tcbDate),
    advisories: readAdvisories(level),
  }
}

function readComponents(value: unknown): number[] {
  const svns = listOf(value).map(({ svn }) => numberOf(svn))
  if (svns.length !== 16) throw new MalformedError('has not 16 components')
  return svns
}

function readAdvisories(level: Json): string[] {
  const { advisoryIDs = [] } = level
  if (!Array.isArray(advisoryIDs)) throw new MalformedError('has no list of advisories')
  return advisoryIDs.map(textOf)
}
