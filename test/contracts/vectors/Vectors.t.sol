// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../../contracts/EnvironmentRegistry.sol";
import {InferenceLog} from "../../../contracts/InferenceLog.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {VerdictRegistry} from "../../../contracts/VerdictRegistry.sol";
import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {NamedAttester} from "../../../contracts/interfaces/IAttesterQuorum.sol";
import {EnvironmentRegistration, KeyType} from "../../../contracts/interfaces/IEnvironmentRegistry.sol";
import {SubjectKind, Verdict} from "../../../contracts/interfaces/IVerdictRegistry.sol";
import {BatchData} from "../../../contracts/libraries/BatchData.sol";
import {InferenceLeaf} from "../../../contracts/libraries/InferenceLeaf.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {EnvironmentId, InferenceId, LogId, ModelId, VerdictId} from "../../../contracts/types/Ids.sol";
import {Inference, InferenceLogKey, Settlement} from "../../../contracts/types/Inference.sol";
import {AttesterQuorum} from "../../../contracts/verifiers/AttesterQuorum.sol";
import {EnvironmentStatement} from "../../../contracts/verifiers/EnvironmentStatement.sol";
import {P256Attester} from "../../../contracts/verifiers/P256Attester.sol";

/// @dev The cheat codes in use.
interface Vm {
    function chainId(uint256 id) external;
    function etch(address where, bytes calldata code) external;
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytesArray(string calldata json, string calldata key) external pure returns (bytes[] memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBytes32Array(string calldata json, string calldata key) external pure returns (bytes32[] memory);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
}

/// @notice The vectors of test/vectors, which the TypeScript tests read too, hold for the contracts' libraries.
contract VectorsTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function test_Leaves() external view {
        string memory json = vm.readFile("test/vectors/leaves.json");
        for (uint256 i = 0; i < 4; ++i) {
            string memory place = string.concat("[", vm.toString(i), "]");
            Inference memory inference = Inference({
                logId: LogId.wrap(vm.parseJsonBytes32(json, string.concat(place, ".logId"))),
                modelId: ModelId.wrap(vm.parseJsonBytes32(json, string.concat(place, ".modelId"))),
                environmentId: EnvironmentId.wrap(vm.parseJsonBytes32(json, string.concat(place, ".environmentId"))),
                commitment: vm.parseJsonBytes32(json, string.concat(place, ".commitment")),
                sequence: uint64(vm.parseJsonUint(json, string.concat(place, ".sequence"))),
                servedAt: uint64(vm.parseJsonUint(json, string.concat(place, ".servedAt")))
            });
            bytes memory data = vm.parseJsonBytes(json, string.concat(place, ".data"));
            require(keccak256(abi.encode(inference)) == keccak256(data), "leaf data");
            bytes32 id = vm.parseJsonBytes32(json, string.concat(place, ".inferenceId"));
            require(InferenceId.unwrap(this.inferenceIdOf(inference)) == id, "inference id");
        }
    }

    function test_Commitments() external view {
        string memory json = vm.readFile("test/vectors/commitments.json");
        for (uint256 i = 0; i < 3; ++i) {
            string memory place = string.concat("[", vm.toString(i), "]");
            bytes[] memory entries = vm.parseJsonBytesArray(json, string.concat(place, ".entries"));
            bytes32[] memory expected = vm.parseJsonBytes32Array(json, string.concat(place, ".leafHashes"));
            bytes32[] memory hashes = new bytes32[](entries.length);
            for (uint256 j = 0; j < entries.length; ++j) {
                hashes[j] = MerkleTree.hashLeaf(entries[j]);
                require(hashes[j] == expected[j], "field leaf hash");
            }
            bytes32 commitment = vm.parseJsonBytes32(json, string.concat(place, ".commitment"));
            require(MerkleTree.rootOf(hashes) == commitment, "commitment");
        }
    }

    function test_Trees() external view {
        string memory json = vm.readFile("test/vectors/trees.json");
        for (uint64 size = 1; size <= 70; ++size) {
            string memory place = string.concat("[", vm.toString(size - 1), "]");
            bytes32 root = vm.parseJsonBytes32(json, string.concat(place, ".root"));
            bytes32[] memory leaves = new bytes32[](size);
            for (uint64 i = 0; i < size; ++i) {
                leaves[i] = MerkleTree.hashLeaf(abi.encodePacked(uint8(i)));
            }
            bytes[] memory proofs = vm.parseJsonBytesArray(json, string.concat(place, ".proofs"));
            require(proofs.length == size, "number of proofs");
            for (uint64 i = 0; i < size; ++i) {
                bytes32[] memory proof = _split(proofs[i]);
                require(this.verifyInclusion(leaves[i], i, size, proof, root), "proof");
                require(!this.verifyInclusion(leaves[i], (i + 1) % (size + 1), size, proof, root), "other place");
            }
            require(MerkleTree.rootOf(leaves) == root, "root");
        }
    }

    function test_ModelId() external {
        string memory ids = vm.readFile("test/vectors/ids.json");
        ModelId modelId = new ModelRegistry().modelIdOf(
            vm.parseJsonAddress(ids, ".model.publisher"),
            vm.parseJsonString(ids, ".model.name"),
            vm.parseJsonString(ids, ".model.version"),
            vm.parseJsonBytes32(ids, ".model.manifestDigest")
        );
        require(ModelId.unwrap(modelId) == vm.parseJsonBytes32(ids, ".model.modelId"), "model id");
    }

    function test_EnvironmentId() external {
        string memory ids = vm.readFile("test/vectors/ids.json");
        address registry = vm.parseJsonAddress(ids, ".environment.environmentRegistry");
        vm.chainId(31337);
        vm.etch(registry, address(new EnvironmentRegistry()).code);
        EnvironmentId environmentId = EnvironmentRegistry(registry).environmentIdOf(
            vm.parseJsonAddress(ids, ".environment.registrant"),
            EnvironmentRegistration({
                kind: vm.parseJsonBytes32(ids, ".environment.kindBytes"),
                measurement: vm.parseJsonBytes32(ids, ".environment.measurement"),
                keyType: KeyType.Ed25519,
                key: vm.parseJsonBytes(ids, ".environment.key"),
                attestationDigest: vm.parseJsonBytes32(ids, ".environment.attestationDigest"),
                validUntil: 0,
                verifier: IAttestationVerifier(address(0)),
                uri: ""
            })
        );
        bytes32 expected = vm.parseJsonBytes32(ids, ".environment.environmentId");
        require(EnvironmentId.unwrap(environmentId) == expected, "environment id");
    }

    function test_VerdictId() external {
        string memory ids = vm.readFile("test/vectors/ids.json");
        address registry = vm.parseJsonAddress(ids, ".verdict.verdictRegistry");
        vm.chainId(31337);
        vm.etch(registry, address(new VerdictRegistry()).code);
        VerdictId verdictId = VerdictRegistry(registry).verdictIdOf(
            vm.parseJsonAddress(ids, ".verdict.author"),
            Verdict({
                subjectKind: SubjectKind.Environment,
                subject: vm.parseJsonBytes32(ids, ".verdict.subject"),
                score: uint8(vm.parseJsonUint(ids, ".verdict.score")),
                tag: vm.parseJsonString(ids, ".verdict.tag"),
                evidenceDigest: vm.parseJsonBytes32(ids, ".verdict.evidenceDigest"),
                uri: ""
            })
        );
        require(VerdictId.unwrap(verdictId) == vm.parseJsonBytes32(ids, ".verdict.verdictId"), "verdict id");
    }

    /// @dev The verifiers are deployed to where the vectors say, and believe the statements.
    function test_Statements() external {
        string memory json = vm.readFile("test/vectors/statements.json");
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        address deployer = vm.parseJsonAddress(json, ".deployer");
        NamedAttester[] memory attesters = new NamedAttester[](3);
        for (uint256 i = 0; i < 3; ++i) {
            string memory place = string.concat(".quorum.attesters[", vm.toString(i), "]");
            attesters[i].account = vm.parseJsonAddress(json, string.concat(place, ".account"));
            attesters[i].name = vm.parseJsonBytes32(json, string.concat(place, ".name"));
        }
        vm.prank(deployer);
        AttesterQuorum quorum = new AttesterQuorum(attesters, vm.parseJsonUint(json, ".quorum.threshold"));
        require(address(quorum) == vm.parseJsonAddress(json, ".quorum.verifier"), "quorum's address");
        bytes32 name = vm.parseJsonBytes32(json, ".p256.name");
        bytes32 x = vm.parseJsonBytes32(json, ".p256.x");
        bytes32 y = vm.parseJsonBytes32(json, ".p256.y");
        vm.prank(deployer);
        P256Attester p256 = new P256Attester(name, x, y);
        require(address(p256) == vm.parseJsonAddress(json, ".p256.verifier"), "P-256 attester's address");
        _checkStatement(quorum, quorum, json, ".quorum");
        _checkStatement(p256, p256, json, ".p256");
    }

    function _checkStatement(
        EnvironmentStatement verifier,
        IAttestationVerifier asked,
        string memory json,
        string memory place
    ) private view {
        EnvironmentId id = EnvironmentId.wrap(vm.parseJsonBytes32(json, ".environmentId"));
        uint48 deadline = uint48(vm.parseJsonUint(json, ".deadline"));
        EnvironmentRegistration memory registration;
        registration.validUntil = uint48(vm.parseJsonUint(json, ".validUntil"));
        bytes32 digest = vm.parseJsonBytes32(json, string.concat(place, ".digest"));
        require(verifier.statementDigest(id, registration.validUntil, deadline) == digest, "digest");
        bytes memory statement = vm.parseJsonBytes(json, string.concat(place, ".statement"));
        require(asked.verify(id, registration, statement), "vouched for");
    }

    /// @dev Settles the batches as a relay would, so that the signature, the digest, the root and the bytes all count.
    function test_Batches() external {
        string memory ids = vm.readFile("test/vectors/ids.json");
        string memory json = vm.readFile("test/vectors/batches.json");
        vm.chainId(31337);
        address inferenceLog = vm.parseJsonAddress(ids, ".log.inferenceLog");
        vm.etch(inferenceLog, address(new InferenceLog()).code);
        InferenceLogKey memory key = InferenceLogKey(
            vm.parseJsonAddress(ids, ".log.owner"),
            vm.parseJsonAddress(ids, ".log.sessionKey"),
            vm.parseJsonBytes32(ids, ".log.instance")
        );
        InferenceLog log = InferenceLog(inferenceLog);
        LogId logId = log.logIdOf(key);
        require(LogId.unwrap(logId) == vm.parseJsonBytes32(ids, ".log.logId"), "log id");
        vm.prank(key.owner);
        log.authorize(key.sessionKey, uint48(block.timestamp + 1));
        for (uint256 i = 0; i < 5; ++i) {
            _settle(log, key, json, string.concat("[", vm.toString(i), "]"));
        }
    }

    function _settle(InferenceLog log, InferenceLogKey memory key, string memory json, string memory place) private {
        uint64 first = uint64(vm.parseJsonUint(json, string.concat(place, ".first")));
        uint32 count = uint32(vm.parseJsonUint(json, string.concat(place, ".count")));
        bytes32 root = vm.parseJsonBytes32(json, string.concat(place, ".root"));
        bytes memory data = vm.parseJsonBytes(json, string.concat(place, ".data"));
        bytes memory signature = vm.parseJsonBytes(json, string.concat(place, ".signature"));
        bytes32 digest = vm.parseJsonBytes32(json, string.concat(place, ".dataDigest"));
        (bytes32 actual, uint256 actualCount) = this.rootOf(data, log.logIdOf(key), first);
        require(actual == root && actualCount == count, "root of the data");
        require(this.digestOf(data) == digest, "digest of the data");
        bytes32 mode = keccak256(bytes(vm.parseJsonString(json, string.concat(place, ".mode"))));
        if (mode == keccak256("inline")) {
            require(log.settleInlineBySig(key, first, count, root, data, signature), "settled");
        } else {
            require(log.settleExternalBySig(key, first, count, root, digest, "", signature), "settled");
        }
        Settlement memory settlement = log.settlementOf(log.logIdOf(key), root);
        require(settlement.first == first && settlement.count == count && settlement.signedByKey, "settlement");
    }

    function verifyInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) external view returns (bool) {
        return MerkleTree.verifyInclusion(leaf, index, size, proof, root);
    }

    function inferenceIdOf(Inference calldata inference) external view returns (InferenceId) {
        return InferenceLeaf.inferenceIdOf(inference);
    }

    function rootOf(bytes calldata data, LogId logId, uint64 first) external view returns (bytes32, uint256) {
        return BatchData.rootOf(data, logId, first);
    }

    function digestOf(bytes calldata data) external view returns (bytes32) {
        return BatchData.digestOf(data);
    }

    function _split(bytes memory proof) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](proof.length / 32);
        for (uint256 i = 0; i < hashes.length; ++i) {
            bytes32 hash;
            // Reads one word inside `proof`: its length is 32 times the number of hashes.
            assembly ("memory-safe") {
                hash := mload(add(add(proof, 0x20), mul(i, 0x20)))
            }
            hashes[i] = hash;
        }
    }
}
