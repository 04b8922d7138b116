// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration} from "../../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../../contracts/types/Ids.sol";

/// @notice Vouches for what comes with the id itself as its statement.
contract EchoVerifier is IAttestationVerifier {
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata,
        bytes calldata statement
    ) external pure returns (bool) {
        return keccak256(statement) == keccak256(abi.encode(environmentId));
    }
}

/// @notice Tries to change something while it is asked.
contract MeddlingVerifier {
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata,
        bytes calldata
    ) external returns (bool) {
        (bool success, ) = msg.sender.call(abi.encodeWithSignature("revoke(bytes32)", environmentId));
        return !success;
    }
}

/// @notice Answers with any bytes, or reverts with them.
contract AnsweringVerifier {
    bytes private _answer;
    bool private immutable REVERTS;

    constructor(bytes memory answer, bool reverts) {
        _answer = answer;
        REVERTS = reverts;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory answer = _answer;
        if (REVERTS) {
            // Reads `answer` inside its length, and ends.
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }
}
