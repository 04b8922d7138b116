// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentId, LogId, ModelId} from "../../../contracts/types/Ids.sol";
import {Inference} from "../../../contracts/types/Inference.sol";
import {Rfc9162} from "./Rfc9162.sol";

struct Batch {
    LogId logId;
    uint64 first;
    uint32 count;
    bytes32 root;
    bytes data;
    bytes32[] leaves;
    Inference[] inferences;
}

/// @notice Batches made from a seed, in the format's own words: what the contract decodes is encoded here.
library Batches {
    function make(LogId logId, uint64 first, uint32 count, uint256 seed) internal pure returns (Batch memory b) {
        uint256 m = 1 + (seed % 3);
        uint256 e = 1 + ((seed >> 8) % 3);
        b.logId = logId;
        b.first = first;
        b.count = count;
        b.leaves = new bytes32[](count);
        b.inferences = new Inference[](count);
        bytes[] memory records = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            (uint256 model, uint256 environment) = (_random(seed, "m", i) % m, _random(seed, "e", i) % e);
            Inference memory it = Inference({
                logId: logId,
                modelId: ModelId.wrap(bytes32(_random(seed, "model", model))),
                environmentId: EnvironmentId.wrap(bytes32(_random(seed, "environment", environment))),
                commitment: bytes32(_random(seed, "commitment", i)),
                sequence: uint64(first + i),
                servedAt: uint48(_random(seed, "servedAt", i))
            });
            b.inferences[i] = it;
            b.leaves[i] = sha256(bytes.concat(hex"00", abi.encode(it)));
            records[i] = abi.encodePacked(uint16(model), uint16(environment), uint48(it.servedAt), it.commitment);
        }
        b.root = Rfc9162.root(b.leaves);
        bytes memory header = abi.encodePacked(uint8(1), uint16(m), uint16(e), count);
        for (uint256 i = 0; i < m; ++i) header = abi.encodePacked(header, _random(seed, "model", i));
        for (uint256 i = 0; i < e; ++i) header = abi.encodePacked(header, _random(seed, "environment", i));
        b.data = bytes.concat(header, _join(records, 0, count));
    }

    /// @dev Halves, so that memory grows with n log n, not with the square of n.
    function _join(bytes[] memory parts, uint256 from, uint256 to) private pure returns (bytes memory) {
        if (to == from) return "";
        if (to - from == 1) return parts[from];
        uint256 middle = (from + to) / 2;
        return bytes.concat(_join(parts, from, middle), _join(parts, middle, to));
    }

    function _random(uint256 seed, string memory label, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, label, i)));
    }
}
