// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What one would write first: a transaction and a storage entry for each inference.
contract NaiveRecords {
    struct Inference {
        bytes32 modelId;
        bytes32 environmentId;
        bytes32 commitment;
        uint64 servedAt;
        address owner;
    }

    event Recorded(uint256 indexed sequence, address indexed owner, Inference inference);

    mapping(uint256 sequence => Inference) public inferences;
    uint256 public count;

    function record(bytes32 modelId, bytes32 environmentId, bytes32 commitment, uint64 servedAt) external {
        Inference memory inference = Inference(modelId, environmentId, commitment, servedAt, msg.sender);
        inferences[count] = inference;
        emit Recorded(count, msg.sender, inference);
        ++count;
    }
}
