// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {InferenceLog} from "../../contracts/InferenceLog.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {VerdictRegistry} from "../../contracts/VerdictRegistry.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration, KeyType} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {IInferenceLog} from "../../contracts/interfaces/IInferenceLog.sol";
import {ModelPublication} from "../../contracts/interfaces/IModelRegistry.sol";
import {SubjectKind, Verdict} from "../../contracts/interfaces/IVerdictRegistry.sol";
import {LogId, ModelId, VerdictId} from "../../contracts/types/Ids.sol";
import {BatchMode, InferenceLogKey, SignedBatch} from "../../contracts/types/Inference.sol";
import {BurningAccount, RawAccount, ReenteringAccount, RevertingAccount} from "./support/Accounts.sol";
import {TestBase} from "./support/TestBase.sol";
import {Vm} from "./support/Vm.sol";

/// @notice See HostileOwners.tree.
contract HostileOwnersTest is TestBase {
    uint48 private constant FAR = 4_000_000_000;
    bytes4 private constant MAGIC = 0x1626ba7e;
    address private constant SESSION_KEY = address(0x5E);

    InferenceLog private log;
    ModelRegistry private models;
    EnvironmentRegistry private environments;
    VerdictRegistry private verdicts;

    function setUp() external {
        vm.warp(1_800_000_000);
        log = new InferenceLog();
        models = new ModelRegistry();
        environments = new EnvironmentRegistry();
        verdicts = new VerdictRegistry();
    }

    function test_ManyBatchesOfHostileOwners() external {
        address[8] memory owners = [
            address(new RawAccount("")),
            address(new RawAccount(abi.encode(uint256(1)))),
            address(new RawAccount(new bytes(5_000))),
            address(new RevertingAccount()),
            address(new BurningAccount()),
            address(new RawAccount(abi.encodePacked(MAGIC))),
            address(4),
            address(new RawAccount(abi.encode(MAGIC)))
        ];
        SignedBatch[] memory batches = new SignedBatch[](8);
        for (uint256 i = 0; i < 8; ++i) batches[i] = _batchOf(owners[i]);
        vm.recordLogs();
        bool[] memory settled = log.settleMany(batches);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        // One rejection each, and what the last one's settling emits: the only one that says yes.
        vm.assertEq(logs.length, 7 + 2);
        for (uint256 i = 0; i < 7; ++i) {
            vm.assertFalse(settled[i], "rejected");
            vm.assertEq(logs[i].topics[0], IInferenceLog.BatchRejected.selector);
            vm.assertEq(logs[i].topics[1], bytes32(i));
            bytes memory reason = abi.encodeWithSelector(IInferenceLog.InferenceLog_InvalidSignature.selector);
            vm.assertEq(logs[i].data, abi.encode(reason));
            vm.assertEq(log.heads(log.logIdOf(batches[i].log)), 0);
        }
        vm.assertTrue(settled[7], "the others settle");
        vm.assertEq(log.heads(log.logIdOf(batches[7].log)), 1);
    }

    /// @dev Each call would be allowed to the account, and succeeds once nobody asks it statically.
    function test_NoCallBackWhileManyAreSettled() external {
        for (uint256 i = 0; i < 5; ++i) {
            ReenteringAccount account = new ReenteringAccount(address(log));
            SignedBatch[] memory batches = new SignedBatch[](1);
            batches[0] = _batchOf(address(account));
            InferenceLogKey memory other = InferenceLogKey(address(account), SESSION_KEY, "another");
            InferenceLogKey memory believed = _batchOf(address(new RawAccount(abi.encode(MAGIC)))).log;
            bytes memory call = [
                abi.encodeCall(log.authorize, (SESSION_KEY, FAR)),
                abi.encodeCall(log.revokeSessionKey, (SESSION_KEY)),
                abi.encodeCall(log.skip, (other, 0, 9)),
                abi.encodeCall(log.settleExternal, (other, 0, 9, bytes32("another"), 0, "")),
                abi.encodeCall(log.settleExternalBySig, (believed, 0, 9, bytes32("root"), 0, "", ""))
            ][i];
            account.setCall(call);
            vm.recordLogs();
            // It says yes only if its own call has failed.
            vm.assertTrue(log.settleMany(batches)[0], "its own batch");
            vm.assertEq(vm.getRecordedLogs().length, 2);
            vm.assertEq(log.heads(log.logIdOf(batches[0].log)), 1);
            vm.prank(address(account));
            (bool success, ) = address(log).call(call);
            vm.assertTrue(success, "allowed to it otherwise");
        }
    }

    function test_NoCallBackIntoTheRegistries() external {
        ReenteringAccount account = new ReenteringAccount(address(models));
        ModelPublication memory publication = ModelPublication("model", "1", "digest", 0, "");
        account.setCall(abi.encodeCall(models.publish, (publication)));
        ModelId modelId = models.publishBySig(address(account), publication, 0, FAR, "");
        vm.assertEq(models.modelCountOf("digest"), 1);
        account.setCall(abi.encodeCall(models.retire, (modelId, "within")));
        models.retireBySig(address(account), modelId, "", 1, FAR, "");
        vm.assertEq(models.nonces(address(account)), 2);

        account = new ReenteringAccount(address(environments));
        EnvironmentRegistration memory r = EnvironmentRegistration({
            kind: "none",
            measurement: "measurement",
            keyType: KeyType.None,
            key: "",
            attestationDigest: 0,
            validUntil: FAR,
            verifier: IAttestationVerifier(address(0)),
            uri: ""
        });
        account.setCall(abi.encodeCall(environments.register, (r, "", "")));
        environments.registerBySig(address(account), r, "", "", 0, FAR, "");
        vm.assertEq(environments.nonces(address(account)), 1);

        account = new ReenteringAccount(address(verdicts));
        Verdict[] memory posted = new Verdict[](1);
        posted[0] = Verdict(SubjectKind.Model, "model", 50, "", 0, "");
        account.setCall(abi.encodeCall(verdicts.post, (posted)));
        vm.recordLogs();
        VerdictId[] memory ids = verdicts.postBySig(address(account), posted, 0, FAR, "");
        account.setCall(abi.encodeCall(verdicts.withdraw, (ids)));
        verdicts.withdrawBySig(address(account), ids, 1, FAR, "");
        vm.assertEq(vm.getRecordedLogs().length, 2);
        vm.assertEq(verdicts.nonces(address(account)), 2);
    }

    function _batchOf(address owner) private pure returns (SignedBatch memory) {
        return
            SignedBatch({
                log: InferenceLogKey(owner, SESSION_KEY, "instance"),
                first: 0,
                count: 1,
                root: "root",
                mode: BatchMode.External,
                dataDigest: 0,
                data: "",
                signature: ""
            });
    }
}
