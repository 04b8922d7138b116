// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceId, LogId} from "../types/Ids.sol";
import {Inference, InferenceLogKey} from "../types/Inference.sol";
import {MerkleTree} from "./MerkleTree.sol";

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
    function inferenceIdOf(Inference memory inference) internal view returns (InferenceId) {
        return InferenceId.wrap(MerkleTree.hashLeaf(abi.encode(inference)));
    }
}
