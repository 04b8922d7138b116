// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceId, LogId} from "../types/Ids.sol";
import {Inference, InferenceLogKey} from "../types/Inference.sol";

/// @title Leaf of an inference
/// @notice The two hashes that name an inference log and an inference.
library InferenceLeaf {
    /// @notice Name of an inference log, bound to this chain and to one InferenceLog contract.
    /// @param inferenceLog Address of the InferenceLog.
    /// @param key Owner, session key and instance.
    function logIdOf(address inferenceLog, InferenceLogKey memory key) internal view returns (LogId) {
        return LogId.wrap(keccak256(abi.encode(block.chainid, inferenceLog, key.owner, key.sessionKey, key.instance)));
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
