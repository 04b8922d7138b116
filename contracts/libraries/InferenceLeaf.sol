// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceId, LogId} from "../types/Ids.sol";
import {Inference} from "../types/Inference.sol";

/// @title Leaf of an inference
/// @notice The two hashes that name an inference log and an inference.
library InferenceLeaf {
    /// @notice Name of an inference log, bound to this chain and to one InferenceLog contract.
    /// @param inferenceLog Address of the InferenceLog.
    /// @param owner In whose name is recorded.
    /// @param sessionKey The key that signs the batches.
    /// @param instance 32 random bytes of the journal.
    function logIdOf(
        address inferenceLog,
        address owner,
        address sessionKey,
        bytes32 instance
    ) internal view returns (LogId logId) {
        // keccak256(abi.encode(block.chainid, inferenceLog, owner, sessionKey, instance)), past the free memory pointer, which
        // need not move: nothing refers to the words after it. An address with more than its 20 bytes, which only assembly
        // could make, would name an inference log that nobody has.
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, chainid())
            mstore(add(words, 0x20), inferenceLog)
            mstore(add(words, 0x40), owner)
            mstore(add(words, 0x60), sessionKey)
            mstore(add(words, 0x80), instance)
            logId := keccak256(words, 0xa0)
        }
    }

    /// @notice Leaf hash of an inference: SHA-256(0x00 || abi.encode(inference)), over 1 + 192 bytes.
    function inferenceIdOf(Inference calldata inference) internal view returns (InferenceId inferenceId) {
        // Read by the compiler, which refuses dirty ones.
        (uint64 sequence, uint64 servedAt) = (inference.sequence, inference.servedAt);
        // The other four words are copied as they are. Writes past the free memory pointer, which need not move, and scratch
        // space. The precompile at 0x02 can fail by lack of gas alone, and that is checked.
        assembly ("memory-safe") {
            let leaf := mload(0x40)
            mstore8(leaf, 0x00)
            calldatacopy(add(leaf, 1), inference, 128)
            mstore(add(leaf, 129), sequence)
            mstore(add(leaf, 161), servedAt)
            if iszero(staticcall(gas(), 0x02, leaf, 193, 0x00, 0x20)) {
                revert(0x00, 0x00)
            }
            inferenceId := mload(0x00)
        }
    }
}
