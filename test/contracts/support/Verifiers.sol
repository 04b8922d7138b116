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
